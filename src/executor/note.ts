/** One line for people out of what a process wrote: harmless on a terminal, without secrets, short. */
import type { Mask } from './secrets.js';

/** Characters of a note, at most. */
export const noteLength = 200;

/** Escape sequences of terminals: colours, cursor moves, titles, links. Each part is bounded, so that a hostile line costs no time. */
const escapes = /[\u001b\u009b](?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\u0007\u001b]{0,2048}(?:\u0007|\u001b\\)|[PX^_][^\u001b]{0,2048}\u001b\\|[0-?]{0,64}[ -/]{0,8}[@-~])/g;
/** Control characters, and marks that change the direction of text or hide in it. */
const controls = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** The last line that says something; undefined when there is none. */
export function lastLine(output: Uint8Array, mask: Mask): string | undefined {
  const lines = Buffer.from(output.buffer, output.byteOffset, output.byteLength).toString('utf8').split('\n');
  for (let index = lines.length - 1; index >= 0; index--) {
    // A progress bar writes its line over and over: what stands there last is what one would see.
    const seen = (lines[index] ?? '').split('\r').findLast((part) => part.trim() !== '');
    const line = seen === undefined ? '' : noteOf(seen, mask);
    if (line !== '') return line;
  }
  return undefined;
}

/** A text as a note: one line, no control characters, secrets masked, at most `noteLength` characters. */
export function noteOf(text: string, mask: Mask): string {
  // Longer than a note, so that a secret at its end is masked as a whole before it is cut.
  const start = text.slice(0, 16_384).replace(escapes, '').replace(controls, ' ');
  const line = mask(start).replace(/\s+/g, ' ').trim();
  const characters = [...line.slice(0, 2 * noteLength + 2)];
  return characters.length <= noteLength ? line : `${characters.slice(0, noteLength - 1).join('')}…`;
}

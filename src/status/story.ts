/** A run's journal read as a story, for `plan log`. */
import type { Entry } from '../model/event.js';
import type { RunState } from '../state/run-state.js';
import type { Paint } from './paint.js';
import { padEnd, printable, wrap } from './printable.js';
import { toned } from './plain.js';
import { sentenceOf, type Sentence } from './sentences.js';

/** One line of the story in plain data. */
export interface StoryLine extends Sentence {
  readonly seq: number;
  readonly at: number;
}

/** How much is told. */
export interface StoryOptions {
  /** Intents and passed attempts too, not only what came of them. */
  readonly all: boolean;
  /** Only what is about this plan or node, and what is about the run. */
  readonly about?: string;
}

/** The line for an entry, or undefined where it is not told. `state` already contains the entry. */
export function storyLine(entry: Entry, state: RunState, options: StoryOptions): StoryLine | undefined {
  const sentence = sentenceOf(entry, state);
  if (sentence.minor && !options.all) return undefined;
  const { about } = options;
  const concerns = about === undefined || sentence.subject === '' || sentence.subject === about || sentence.subject.startsWith(`${about}.`) || mentions(sentence.words, about);
  return concerns ? { ...sentence, seq: entry.seq, at: entry.at } : undefined;
}

function mentions(words: string, id: string): boolean {
  return words.split(/[\s,:()]+/).some((word) => word === id || word.startsWith(`${id}.`));
}

/** How a story is shown. */
export interface StoryLayout {
  readonly paint: Paint;
  /** Times are as a clock on the wall shows them there; absent: here. */
  readonly timeZone?: string;
  /** Longer lines are broken between words; absent: none is. */
  readonly columns?: number;
}

/** The lines under headings of their day. */
export function storyText(lines: readonly StoryLine[], { paint, timeZone, columns = Infinity }: StoryLayout): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', ...zone });
  const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', ...zone });
  const room = Math.min(20, Math.floor(columns / 4), Math.max(0, ...lines.map(({ subject }) => subject.length)));
  const told: string[] = [];
  let today = '';
  for (const line of lines) {
    const date = day.format(line.at);
    if (date !== today) told.push(...(told.length > 0 ? [''] : []), paint.bold(date));
    today = date;
    const head = `${paint.dim(time.format(line.at))}  ${padEnd(printable(line.subject), room)}  `;
    const [first = '', ...more] = wrap(line.words, Math.max(24, columns - room - 12)).split('\n');
    told.push(head + toned({ ...line, words: first }, paint), ...more.map((words) => ' '.repeat(room + 12) + toned({ ...line, words }, paint)));
  }
  return told.join('\n');
}

/** Commands that a person can paste: words quoted where a shell would read them otherwise, and nothing that a terminal would obey. */
import { shellWord } from '../base/text.js';
import { printable } from './printable.js';

/** A path or another word of a printed command. */
export function commandWord(word: string): string {
  // A file's name may look like an option.
  return printable(shellWord(word.startsWith('-') ? `./${word}` : word));
}

/** True for the path of a manifest: YAML, or JSON that is no Task Master file. Plan files are everything else. */
export function looksLikeManifest(file: string): boolean {
  const name = file.slice(file.lastIndexOf('/') + 1).toLowerCase();
  return /\.ya?ml$/.test(name) || (name.endsWith('.json') && name !== 'tasks.json');
}

/** The command that runs a manifest or a plan file, or goes on with it; `file` is as the person would type it. */
export function runCommand(file: string): string {
  return `plan ${looksLikeManifest(file) ? 'orchestrate-multi' : 'orchestrate --plan'} ${commandWord(file)}`;
}

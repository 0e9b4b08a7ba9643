import type { Writable } from 'node:stream';
import type { Paint } from './paint.js';
import { duration } from './printable.js';
import { sentenceOf, type Sentence } from './sentences.js';
import type { Observer } from './observer.js';

/** Quiet lines for logs and pipes: one for each fact worth reading, with the time since the run began, never redrawn. */
export function plainObserver(out: Writable, paint: Paint): Observer {
  return {
    entry(entry, state) {
      const sentence = sentenceOf(entry, state);
      if (!sentence.minor) out.write(`${plainLine(sentence, entry.at - state.startedAt, paint)}\n`);
    },
    progress() {},
    close: () => Promise.resolve(),
  };
}

/** `  3.2s  A.2.3  done in 2.1s, committed as 0123456789`. */
export function plainLine(sentence: Sentence, since: number, paint: Paint): string {
  const subject = sentence.subject === '' ? '' : `${paint.bold(sentence.subject)}  `;
  return `${paint.dim(duration(since).padStart(7))}  ${subject}${toned(sentence, paint)}`;
}

/** The words in the colour of what they mean. */
export function toned({ tone, words }: Sentence, paint: Paint): string {
  switch (tone) {
    case 'quiet':
      return paint.dim(words);
    case 'good':
      return paint.green(words);
    case 'warning':
      return paint.yellow(words);
    case 'bad':
      return paint.red(words);
    case 'plain':
      return words;
  }
}

/** The words of landing commits: templates, authors, trailers. */

import { commitMessage } from '../git/commit.js';
import type { Trailer } from '../git/deeds.js';
import { headTrailer } from '../git/held-work.js';
import type { Commit } from '../git/objects.js';
import type { CommitId, PlanId, RunId } from '../model/ids.js';

/** What a template may name. */
export interface MessageFacts {
  readonly run: RunId;
  readonly plan: PlanId;
  readonly title: string;
  readonly goal: string;
  readonly branch: string;
  /** As the user named it. */
  readonly target: string;
  /** Subjects of the branch's own commits, oldest first. */
  readonly subjects: readonly string[];
}

const defaults = {
  merge: 'Merge plan {plan}: {title}\n\n{goal}',
  squash: '{plan}: {title}\n\n{goal}\n\n{commits}',
};

/** Subjects and co-authors of one commit at most; a branch may have thousands. */
const listLimit = 100;

/**
 * The message of a plan's landing commit. A template's first line is the subject; `{plan}`, `{title}`, `{goal}`, `{branch}`,
 * `{target}`, `{run}` and `{commits}` are filled in, anything else in braces stays as it is.
 */
export function landingMessage(kind: 'merge' | 'squash', template: string | undefined, facts: MessageFacts, trailers: readonly Trailer[]): string {
  const fields = new Map(Object.entries({
    run: facts.run,
    plan: facts.plan,
    title: facts.title,
    goal: facts.goal,
    branch: facts.branch,
    target: facts.target,
    commits: facts.subjects.slice(0, listLimit).map((subject) => `* ${subject}`).join('\n'),
  }));
  // One pass: a title that looks like a field is data, not a template.
  const text = (template ?? defaults[kind]).replace(/\{(\w+)\}/g, (whole, name: string) => fields.get(name) ?? whole);
  const end = text.indexOf('\n');
  const subject = end < 0 ? text : text.slice(0, end);
  const body = end < 0 ? '' : text.slice(end + 1).replace(/\n{3,}/g, '\n\n');
  return commitMessage(subject, body, [['Plan-Run', facts.run], ['Plan', facts.plan], ...trailers]);
}

/** Who wrote a branch: the author of most of its commits (the first of equals), dated as the last of them; everybody else is a co-author. */
export function authorship(commits: readonly Commit[]): { readonly author?: string; readonly coAuthors: readonly Trailer[] } {
  const counts = new Map<string, number>();
  const named = new Map<string, string>();
  for (const commit of commits) {
    const person = personOf(commit.author);
    if (person === undefined) continue;
    counts.set(person.mail, (counts.get(person.mail) ?? 0) + 1);
    if (!named.has(person.mail)) named.set(person.mail, person.who);
  }
  const [main] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  if (main === undefined) return { coAuthors: [] };
  const last = commits.filter((commit) => personOf(commit.author)?.mail === main).at(-1);
  for (const commit of commits) {
    for (const match of commit.message.matchAll(/^Co-authored-by:\s*(.+?<([^<>\n]+)>)\s*$/gim)) {
      const [, who = '', mail = ''] = match;
      if (!named.has(mail.toLowerCase())) named.set(mail.toLowerCase(), who);
    }
  }
  const coAuthors = [...named].filter(([mail]) => mail !== main).slice(0, listLimit).map(([, who]): Trailer => ['Co-authored-by', who]);
  return { ...(last && { author: last.author }), coAuthors };
}

/** Adds a trailer to a message that somebody else wrote, below the trailers that it has. */
export function withTrailer(message: string, trailer: Trailer): string {
  const text = message.trimEnd();
  const lastBlock = text.slice(text.lastIndexOf('\n\n') + 1).trim();
  const hasTrailers = text.includes('\n\n') && lastBlock.split('\n').every((line) => /^[A-Za-z0-9-]+: /.test(line) || /^\s/.test(line));
  return `${text}${hasTrailers ? '\n' : '\n\n'}${trailer[0]}: ${trailer[1]}\n`;
}

/** The first line of a message. */
export function subjectOf(message: string): string {
  return message.slice(0, message.indexOf('\n') < 0 ? message.length : message.indexOf('\n')).trim();
}

/** The trailer that says which branch commit a squashed or rebased one holds. */
export function headIs(head: CommitId): Trailer {
  return [headTrailer, head];
}

function personOf(author: string): { readonly who: string; readonly mail: string } | undefined {
  const match = /^(.*<([^<>]*)>) \d+ [+-]\d{4}$/.exec(author);
  if (match === null) return undefined;
  const [, who = '', mail = ''] = match;
  return { who: who.trim(), mail: mail.toLowerCase() };
}

/** What an executor is told about its task, rendered from facts and a template. Pure: the same facts give the same words. */
import type { Result } from '../base/result.js';
import type { Diagnostic } from '../model/failure.js';
import type { Phase, Plan } from '../model/orchestration.js';
import type { Mask } from './secrets.js';
import type { Template, TemplateFields } from './template.js';
import { parseTemplate, renderTemplate } from './template.js';

/** Everything that a prompt may say. Texts are data of others: they are put between fences and never read as a template. */
export interface PromptFacts {
  readonly plan: Pick<Plan, 'id' | 'title' | 'goal' | 'branch'>;
  readonly phase: Pick<Phase, 'id' | 'title'>;
  /** The task's own id, such as `2.3`; of a verification such as `phase2.verify1`. */
  readonly task: string;
  readonly title: string;
  readonly group: readonly string[];
  readonly body: string;
  readonly script?: string;
  readonly files: readonly string[];
  readonly changesNothing: boolean;
  /** What has to hold; for verifications. */
  readonly criteria: readonly string[];
  readonly worktree: string;
  readonly dependencies: readonly DependencyFacts[];
  readonly attempt: number;
  /** Earlier attempts that did not pass, oldest first. */
  readonly earlier: readonly EarlierAttempt[];
  /** It goes on with the session of an earlier attempt. */
  readonly resumed: boolean;
  /** It prints files instead of writing them. */
  readonly returnsFiles: boolean;
}

/** What a task builds on has delivered. */
export interface DependencyFacts {
  /** `1.2`, or `A.phase2` of another plan. */
  readonly id: string;
  readonly title: string;
  /** What its executor said at the end; '' when nothing. */
  readonly summary: string;
  readonly commits: readonly { readonly commit: string; readonly subject: string }[];
}

/** An attempt that did not pass. */
export interface EarlierAttempt {
  readonly attempt: number;
  /** How it ended, in words: `exit 2`, `does not apply on the new tip`. */
  readonly how: string;
  /** Its last lines of output. */
  readonly output: string;
  /** The ref that keeps what it had done; undefined when there was nothing. */
  readonly kept?: string;
}

/** The two kinds of prompts, and the names of their template files. */
export type PromptKind = 'task' | 'verify';

/** A prompt that holds this asks for a verdict as the last line: PASS, or FAIL. */
export const verdictRequest = '`VERDICT: PASS`';

const mostListed = 50;
const longestText = 200_000;
const longestOutput = 8_000;

/** Names that a template may use. */
export const promptFields: ReadonlySet<string> = new Set([
  ...['planId', 'planTitle', 'goal', 'branch', 'phase', 'phaseTitle', 'task', 'title', 'groups', 'name', 'body', 'script', 'files', 'path'],
  ...['changesNothing', 'criteria', 'criterion', 'worktree', 'dependencies', 'id', 'summary', 'commits', 'commit', 'subject'],
  ...['attempt', 'earlier', 'how', 'output', 'kept', 'resumed', 'returnsFiles', 'more'],
]);

/** Reads the text of a template; the errors say where a name is unknown or a section does not close. */
export function parsePromptTemplate(text: string): Result<Template, readonly Diagnostic[]> {
  return parseTemplate(text, promptFields);
}

/** The prompt, with secrets masked. */
export function renderPrompt(template: Template, facts: PromptFacts, mask: Mask): string {
  return renderTemplate(template, fieldsOf(facts), (text) => mask(harmless(text)));
}

function fieldsOf(facts: PromptFacts): TemplateFields {
  const { plan, phase } = facts;
  return {
    planId: plan.id,
    planTitle: plan.title,
    goal: block(plan.goal),
    branch: plan.branch,
    phase: phase.id,
    phaseTitle: phase.title,
    task: facts.task,
    title: facts.title,
    groups: facts.group.slice(0, mostListed).map((name) => ({ name })),
    body: block(facts.body),
    script: facts.script === undefined ? undefined : block(facts.script),
    files: facts.files.slice(0, mostListed).map((path) => ({ path })),
    changesNothing: facts.changesNothing,
    criteria: facts.criteria.slice(0, mostListed).map((criterion) => ({ criterion })),
    worktree: facts.worktree,
    dependencies: facts.dependencies.slice(0, mostListed).map(dependencyFields),
    more: facts.dependencies.length > mostListed ? `and ${facts.dependencies.length - mostListed} more` : undefined,
    attempt: String(facts.attempt),
    earlier: facts.earlier.slice(-3).map((each) => ({ attempt: String(each.attempt), how: each.how, output: block(tail(each.output)), kept: each.kept })),
    resumed: facts.resumed,
    returnsFiles: facts.returnsFiles,
  };
}

function dependencyFields({ id, title, summary, commits }: DependencyFacts): TemplateFields {
  const newest = commits.slice(-mostListed);
  return { id, title, summary: block(summary.slice(0, 4000)), commits: newest.map(({ commit, subject }) => ({ commit: commit.slice(0, 12), subject: subject.slice(0, 200) })) };
}

function block(text: string): { readonly block: string } | undefined {
  return text.trim() === '' ? undefined : { block: text.length > longestText ? `${text.slice(0, longestText)}\n…` : text };
}

function tail(output: string): string {
  return output.length > longestOutput ? `…${output.slice(-longestOutput)}` : output;
}

/** Without what a terminal or an eye would be deceived by; tabs and line ends stay. */
function harmless(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ue000\ufeff]/g, '');
}

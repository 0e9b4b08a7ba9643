/** An agent described as data: how it is started and where things stand in its output. Teams write these in a manifest. */
import { z } from 'zod';
import { parsePattern } from './pattern.js';

const text = z.string().min(1).max(4000);
const cause = z.enum(['limit', 'budget', 'turns', 'login', 'session', 'error']);
const path = z.string().regex(/^[\w$-]+(?:\.[\w$-]+){0,9}$/, 'expected a dotted path such as part.tokens.input');
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const pattern = text.refine((value) => parsePattern(value) !== undefined, 'two fields need text between them, and a pattern needs some text');

/** Placeholders in arguments. A nested list is left out as a whole when one of its placeholders has no value. */
const placeholder = /\{(\w+)\}/g;
const placeholders = ['prompt', 'promptFile', 'worktree', 'scratch', 'model', 'maxTurns', 'budget', 'session', 'newSession', 'resume'] as const;
const argument = text.refine(
  (value) => [...value.matchAll(placeholder)].every((found) => (placeholders as readonly string[]).includes(found[1] ?? '')),
  `unknown placeholder; known are ${placeholders.map((name) => `{${name}}`).join(' ')}`,
);

const fields = z.strictObject({
  inputTokens: path.optional(),
  outputTokens: path.optional(),
  cachedTokens: path.optional(),
  turns: path.optional(),
  cost: path.optional(),
});

/** What an event or a line means, once it was recognised. */
const meaning = {
  /** The agent's last word: `well`, `badly`, or well where the named field has the given value. */
  ends: z.union([z.enum(['well', 'badly']), z.strictObject({ wellWhen: z.record(path, z.union([scalar, z.array(scalar)])) })]).optional(),
  /** What it means if it does not end well. */
  trouble: cause.optional(),
  /** Its `answer` continues the one before. */
  adds: z.boolean().optional(),
  /** Counts that are running totals; the others are added up. */
  totals: z.array(z.enum(['inputTokens', 'outputTokens', 'cachedTokens', 'turns', 'cost'])).optional(),
};

const jsonRule = z.strictObject({
  /** Fields and the values, or one of the values, that they must have. */
  when: z.record(path, z.union([scalar, z.array(scalar)])),
  session: path.optional(),
  model: path.optional(),
  answer: path.optional(),
  /** Tried in order: text with dotted paths in braces, used when all of them are there. */
  doing: z.union([text, z.array(text)]).optional(),
  message: path.optional(),
  /** When a limit ends; `text` is a sentence that names a time. */
  resetsAt: z.strictObject({ field: path, unit: z.enum(['seconds', 'milliseconds', 'seconds-from-now', 'text']) }).optional(),
  usage: fields.optional(),
  ...meaning,
});

const textRule = z.strictObject({
  /** Literal text with `{session} {model} {answer} {doing} {message} {resetsAt} {inputTokens} {outputTokens} {cachedTokens} {turns} {cost} {_}`. */
  line: pattern,
  ...meaning,
});

/** The schema of a description, as a manifest gives it under `executor.options.description`. */
export const agentDescription = z.strictObject({
  command: z.array(z.union([argument, z.array(argument).min(1)])).min(1),
  prompt: z.enum(['stdin', 'file', 'argument']),
  /** Names of environment variables that it needs; `NAME_*` stands for all that begin so. */
  environment: z.array(z.string().regex(/^[A-Za-z_]\w*\*?$/)).default([]),
  output: z.enum(['json-lines', 'text']),
  rules: z.array(z.union([jsonRule, textRule])).max(100).default([]),
  /** A run that went well always ends with a rule that has `ends`. */
  endsWithResult: z.boolean().default(false),
  exitCodes: z.record(z.string().regex(/^\d{1,3}$/), cause).default({}),
  /** Literal texts looked for, without regard to case, in standard error after a bad exit. */
  stderr: z.array(z.strictObject({ contains: text, trouble: cause })).max(50).default([]),
});

/** A description after validation. */
export type AgentDescription = z.infer<typeof agentDescription>;
/** How a JSON event is recognised and what it means. */
export type JsonRule = z.infer<typeof jsonRule>;
/** How a line of text is recognised and what it means. */
export type TextRule = z.infer<typeof textRule>;

/** The adapter that a description amounts to. */
import type { Usage } from '../../model/event.js';
import type { AgentAdapter, AgentExit, Launch, LaunchRequest, ReadContext } from './adapter.js';
import type { AgentDescription, JsonRule, TextRule } from './description.js';
import { numberAt, parseObject, textAt, valueAt } from './json-fields.js';
import { oneLine } from './one-line.js';
import type { Pattern } from './pattern.js';
import { matchPattern, parsePattern, readableNumber } from './pattern.js';
import { resetTime } from './reset-time.js';
import type { Signal, Trouble } from './signal.js';

/** An argument of the system may be at most 128 KiB; a longer prompt is pointed at instead. */
const longestArgument = 96 * 1024;
/** Text patterns look at this much of a line. */
const longestLine = 16 * 1024;

/** Makes an adapter of a valid description. */
export function describedAdapter(name: string, description: AgentDescription): AgentAdapter {
  const rules = description.rules;
  const jsonRules = rules.filter((rule): rule is JsonRule => 'when' in rule);
  const textRules = rules.flatMap((rule) => {
    const pattern = 'line' in rule ? parsePattern(rule.line) : undefined;
    return pattern === undefined ? [] : [{ rule: rule as TextRule, pattern }];
  });
  return {
    name,
    environment: description.environment,
    endsWithResult: description.endsWithResult,
    choosesSession: description.command.flat().some((argument) => /\{(?:session|newSession)\}/.test(argument)),
    launch: (request) => launch(description, request),
    read(line, context) {
      if (description.output === 'text') return readText(textRules, line.slice(0, longestLine), context);
      const event = parseObject(line);
      return event === undefined ? [] : jsonRules.flatMap((rule) => (matches(event, rule.when) ? readEvent(event, rule, context) : []));
    },
    explainExit: (exit, context) => explainExit(description, exit, context),
  };
}

function launch(description: AgentDescription, request: LaunchRequest): Launch {
  const values: Readonly<Record<string, string | undefined>> = {
    prompt: Buffer.byteLength(request.prompt) <= longestArgument ? request.prompt : `Read the file ${request.promptFile} and do what it says.`,
    promptFile: request.promptFile,
    worktree: request.worktree,
    scratch: request.scratch,
    model: request.model,
    maxTurns: request.maxTurns?.toString(),
    budget: request.budget?.toString(),
    session: request.resume ?? request.newSession,
    newSession: request.resume === undefined ? request.newSession : undefined,
    resume: request.resume,
  };
  const [program = '', ...rest] = description.command.flatMap((argument) =>
    typeof argument === 'string' ? [fill(argument, values) ?? ''] : optionalGroup(argument, values),
  );
  const command = [...(request.options.command ?? [program]), ...rest, ...(request.options.arguments ?? [])];
  return { command, ...(description.prompt === 'stdin' ? { stdin: request.prompt } : {}) };
}

function optionalGroup(group: readonly string[], values: Readonly<Record<string, string | undefined>>): readonly string[] {
  const filled = group.map((argument) => fill(argument, values));
  return filled.some((argument) => argument === undefined) ? [] : (filled as string[]);
}

/** Fills placeholders in one pass, so that braces in a value stay what they are. Undefined when a value is missing. */
function fill(argument: string, values: Readonly<Record<string, string | undefined>>): string | undefined {
  let missing = false;
  const filled = argument.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined) missing = true;
    return value ?? '';
  });
  return missing ? undefined : filled;
}

function matches(event: unknown, when: JsonRule['when']): boolean {
  return Object.entries(when).every(([path, wanted]) => {
    const found = valueAt(event, path);
    return Array.isArray(wanted) ? wanted.some((each) => each === found) : found === wanted;
  });
}

function readEvent(event: unknown, rule: JsonRule, context: ReadContext): readonly Signal[] {
  const counts: Partial<Record<keyof Usage, number>> = {};
  for (const [name, path] of Object.entries(rule.usage ?? {})) {
    const count = path === undefined ? undefined : numberAt(event, path);
    if (count !== undefined) counts[name as Count] = count;
  }
  const take = (path: string | undefined): string | undefined => (path === undefined ? undefined : textAt(event, path));
  const message = take(rule.message);
  const until = rule.resetsAt === undefined ? undefined : untilOf(valueAt(event, rule.resetsAt.field), rule.resetsAt.unit, context);
  const well = typeof rule.ends === 'object' ? matches(event, rule.ends.wellWhen) : rule.ends !== 'badly';
  return signalsOf(
    { session: take(rule.session), model: take(rule.model), answer: take(rule.answer), doing: doingOf(event, rule.doing), message, until, counts },
    { ...rule, well },
    context,
  );
}

type Count = 'inputTokens' | 'outputTokens' | 'cachedTokens' | 'turns' | 'cost';
const countNames: readonly Count[] = ['inputTokens', 'outputTokens', 'cachedTokens', 'turns', 'cost'];

function readText(rules: readonly { readonly rule: TextRule; readonly pattern: Pattern }[], line: string, context: ReadContext): readonly Signal[] {
  for (const { rule, pattern } of rules) {
    const found = matchPattern(pattern, line);
    if (found === undefined) continue;
    const counts: Partial<Record<Count, number>> = {};
    for (const name of countNames) {
      const count = found[name] === undefined ? undefined : readableNumber(found[name]);
      if (count !== undefined) counts[name] = count;
    }
    const until = found['resetsAt'] === undefined ? undefined : untilOf(`resets ${found['resetsAt']}`, 'text', context);
    const said = { session: found['session'], model: found['model'], answer: found['answer'], doing: found['doing'], message: found['message'] ?? oneLine(line, 300) };
    return signalsOf({ ...said, until, counts }, { ...rule, well: rule.ends !== 'badly' }, context);
  }
  return [];
}

interface Said {
  readonly session: string | undefined;
  readonly model: string | undefined;
  readonly answer: string | undefined;
  readonly doing: string | undefined;
  readonly message: string | undefined;
  readonly until: number | undefined;
  readonly counts: Partial<Record<Count, number>>;
}

interface Meaning {
  readonly ends?: unknown;
  readonly well: boolean;
  readonly trouble?: Trouble['cause'] | undefined;
  readonly adds?: boolean | undefined;
  readonly totals?: readonly Count[] | undefined;
}

function signalsOf(said: Said, meaning: Meaning, context: ReadContext): readonly Signal[] {
  const signals: Signal[] = [];
  if (said.session !== undefined) signals.push({ kind: 'session', session: said.session });
  if (said.model !== undefined) signals.push({ kind: 'spent', usage: { model: said.model }, total: true });
  const counted = Object.entries(said.counts) as [Count, number][];
  for (const total of [false, true]) {
    const part = counted.filter(([name]) => (meaning.totals ?? []).includes(name) === total);
    if (part.length > 0) signals.push({ kind: 'spent', usage: Object.fromEntries(part), total });
  }
  if (said.doing !== undefined) signals.push({ kind: 'doing', text: oneLine(said.doing) });
  if (said.answer !== undefined) signals.push({ kind: 'answer', text: said.answer, adds: meaning.adds ?? false });
  const endsBadly = meaning.ends !== undefined && !meaning.well;
  if (endsBadly || (meaning.trouble !== undefined && meaning.ends === undefined)) {
    const message = oneLine(said.message ?? said.answer ?? '', 600);
    const until = said.until ?? (meaning.trouble === 'limit' ? resetTime(message, context) : undefined);
    signals.push({ kind: 'trouble', trouble: { cause: meaning.trouble ?? 'error', message, ...(until === undefined ? {} : { until }) } });
  }
  if (meaning.ends !== undefined) signals.push({ kind: 'ended', well: meaning.well });
  return signals;
}

function doingOf(event: unknown, templates: JsonRule['doing']): string | undefined {
  for (const template of typeof templates === 'string' ? [templates] : (templates ?? [])) {
    let missing = false;
    const text = template.replace(/\{([\w$.-]+)\}/g, (_whole, path: string) => {
      const value = textAt(event, path);
      if (value === undefined) missing = true;
      return value ?? '';
    });
    if (!missing) return text;
  }
  return undefined;
}

function untilOf(value: unknown, unit: 'seconds' | 'milliseconds' | 'seconds-from-now' | 'text', context: ReadContext): number | undefined {
  if (unit === 'text') return typeof value === 'string' ? resetTime(value, context) : undefined;
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number <= 0) return undefined;
  if (unit === 'seconds-from-now') return context.now + number * 1000;
  return unit === 'seconds' ? number * 1000 : number;
}

function explainExit(description: AgentDescription, exit: AgentExit, context: ReadContext): Trouble | undefined {
  const fromCode = exit.code === undefined || !Object.hasOwn(description.exitCodes, String(exit.code)) ? undefined : description.exitCodes[String(exit.code)];
  for (const line of exit.stderr.split('\n')) {
    const low = line.toLowerCase();
    const found = description.stderr.find((each) => low.includes(each.contains.toLowerCase()));
    if (found === undefined) continue;
    const message = oneLine(line, 600);
    const until = found.trouble === 'limit' ? resetTime(message, context) : undefined;
    return { cause: fromCode ?? found.trouble, message, ...(until === undefined ? {} : { until }) };
  }
  return fromCode && { cause: fromCode, message: `exit code ${exit.code}` };
}

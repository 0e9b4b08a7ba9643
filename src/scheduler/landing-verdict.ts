/** From what is known of a chain of candidates to what may land, who is to blame and what to verify next. No plan, no commit: positions only. */

/** What is known about one position; `unknown` also while a first red waits for its second try. */
export type Verdict = 'green' | 'red' | 'inconclusive' | 'unknown';

export interface AssessmentRules {
  /** Only the last position may move the target. */
  readonly atomic: boolean;
  /** Highest position that may move the target; those behind wait for a person. */
  readonly allowed: number;
  /** How many positions may be under verification at once. */
  readonly window: number;
  /** Failures are rare: skip positions and bisect afterwards. */
  readonly batch: boolean;
  /** Positions under verification now. */
  readonly running: ReadonlySet<number>;
  /** Up to this position nothing is left to be moved: their pull requests are open. */
  readonly proposed: number;
}

export type Assessment =
  /** The target may move to this position. */
  | { readonly kind: 'advance'; readonly to: number }
  /** Green before it, red with it. */
  | { readonly kind: 'culprit'; readonly position: number }
  /** These positions are worth verifying, the most telling first. Empty: what runs has to end first. */
  | { readonly kind: 'verify'; readonly positions: readonly number[] }
  /** Green, and a person's word is waited for. */
  | { readonly kind: 'ask' }
  /** Nothing can be said: the target itself is red, or verifications do not answer. */
  | { readonly kind: 'stuck'; readonly because: 'target-red' | 'inconclusive' };

/** Judges a chain: `verdicts[0]` is the target itself, `verdicts[i]` the candidate after `i` plans. */
export function assess(verdicts: readonly Verdict[], rules: AssessmentRules): Assessment {
  const last = verdicts.length - 1;
  const green = rules.atomic ? (verdicts[last] === 'green' ? last : 0) : verdicts.lastIndexOf('green', last);
  const landable = rules.atomic ? (green <= rules.allowed ? green : 0) : verdicts.lastIndexOf('green', Math.min(last, rules.allowed));
  // A green candidate may move the target even where one before it is red: the plans together are sound.
  if (landable > rules.proposed) return { kind: 'advance', to: landable };
  if (green === last && last > 0) return { kind: 'ask' };
  const red = verdicts.indexOf('red', Math.max(1, green + 1));
  return red < 0 ? look(verdicts, rules, Math.max(0, green)) : blame(verdicts, rules, red);
}

/** Nothing is red: verify ahead of `from`. */
function look(verdicts: readonly Verdict[], rules: AssessmentRules, from: number): Assessment {
  const last = verdicts.length - 1;
  const points = rules.atomic ? [last] : spread(from, last, rules.window, rules.batch);
  const unknown = points.filter((position) => verdicts[position] === 'unknown');
  if (unknown.length > 0) return { kind: 'verify', positions: unknown };
  // What was to tell does not answer: any other candidate may.
  const others = rules.atomic ? [] : positions(from + 1, last).filter((position) => verdicts[position] === 'unknown').reverse();
  if (others.length > 0) return { kind: 'verify', positions: others };
  return from > 0 ? { kind: 'ask' } : { kind: 'stuck', because: 'inconclusive' };
}

/** `red` is red: find the plan that made it so. */
function blame(verdicts: readonly Verdict[], rules: AssessmentRules, red: number): Assessment {
  const good = verdicts.lastIndexOf('green', red - 1);
  if (good === red - 1) return { kind: 'culprit', position: red };
  const between = positions(Math.max(good, 0) + 1, red - 1);
  // A verification that runs may answer the question; no new one is begun for it meanwhile.
  if (between.some((position) => rules.running.has(position)) || rules.running.has(0)) return { kind: 'verify', positions: [] };
  if (good < 0 && verdicts[0] === 'unknown') return { kind: 'verify', positions: [0] };
  const unknown = between.filter((position) => verdicts[position] === 'unknown');
  if (good < 0) {
    // The target itself is red: no bisection is possible, but one of the plans may mend it.
    const behind = rules.atomic ? [] : positions(red + 1, verdicts.length - 1).filter((position) => verdicts[position] === 'unknown');
    const next = [...unknown, ...behind];
    if (next.length > 0) return { kind: 'verify', positions: next.slice(0, rules.window) };
    return { kind: 'stuck', because: verdicts[0] === 'red' ? 'target-red' : 'inconclusive' };
  }
  const middle = (good + red) / 2;
  const nearest = unknown.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0];
  return nearest === undefined ? { kind: 'stuck', because: 'inconclusive' } : { kind: 'verify', positions: [nearest] };
}

/** The positions to verify ahead: one after another, or evenly apart up to the last while failures are rare. */
function spread(from: number, last: number, window: number, batch: boolean): number[] {
  const count = Math.min(window, last - from);
  return positions(1, count).map((step) => (batch ? from + Math.ceil(((last - from) * step) / count) : from + step));
}

function positions(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

/** One failure says nothing about a rate. */
const failuresForRate = 2;

/** Past outcomes, oldest first, as policy: the speculative window grows by one on success and halves on failure; batches only while at most a quarter fails. */
export function pace(outcomes: readonly ('landed' | 'failed')[], lanes: number): { readonly window: number; readonly batch: boolean } {
  let window = lanes;
  for (const outcome of outcomes) window = outcome === 'landed' ? Math.min(lanes, window + 1) : Math.max(1, Math.floor(window / 2));
  const failures = outcomes.filter((outcome) => outcome === 'failed').length;
  return { window, batch: failures < failuresForRate || failures / outcomes.length <= 0.25 };
}

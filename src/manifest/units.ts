/** Durations, sizes, costs and priorities as people write them. The schema has checked their shape. */

const secondsPer: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
const powers: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4 };
const levels: Readonly<Record<string, number>> = { low: 25, medium: 50, high: 75, critical: 100 };

/** Seconds of `30m`, `1.5h` or a bare number; undefined where the text is no duration. */
export function parseDuration(text: string | number): number | undefined {
  if (typeof text === 'number') return text;
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*$/.exec(text);
  const unit = secondsPer[match?.[2] ?? 's'];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** Bytes of `12GiB`, `800MB` or a bare number; undefined where the text is no size. */
export function parseBytes(text: string | number): number | undefined {
  if (typeof text === 'number') return text;
  const match = /^\s*(\d+(?:\.\d+)?)\s*(?:([kKMGT])(i)?)?B?\s*$/.exec(text);
  if (match === null) return undefined;
  const power = powers[(match[2] ?? '').toLowerCase()] ?? 0;
  return Math.round(Number(match[1]) * (match[3] === undefined ? 1000 : 1024) ** power);
}

/** `20 USD`, or a bare number of dollars; undefined where the text is no amount. */
export function parseCost(text: string | number): { readonly amount: number; readonly currency: string } | undefined {
  if (typeof text === 'number') return { amount: text, currency: 'USD' };
  const match = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]{3})\s*$/.exec(text);
  return match === null ? undefined : { amount: Number(match[1]), currency: (match[2] ?? '').toUpperCase() };
}

/** The number of a priority; a number stands for itself. */
export function parsePriority(priority: string | number): number {
  return typeof priority === 'number' ? priority : (levels[priority] ?? 50);
}

/** `db:2` or `gpu` → a pool and an amount; undefined where it is neither. */
export function parseUse(text: string): { readonly pool: string; readonly amount: number } | undefined {
  const match = /^\s*([^\s:]+)\s*(?::\s*(\d+(?:\.\d+)?))?\s*$/.exec(text);
  return match === null ? undefined : { pool: match[1] ?? '', amount: Number(match[2] ?? 1) };
}

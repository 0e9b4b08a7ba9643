/** The pure parts of agents: reset times, lines, patterns, signals. */
import { fc } from '../../rig/property.js';
import { findAgent, shippedAgents } from '../../../src/executor/agent/find-adapter.js';
import { lineReader } from '../../../src/executor/agent/line-reader.js';
import { oneLine } from '../../../src/executor/agent/one-line.js';
import { matchPattern, parsePattern, readableNumber } from '../../../src/executor/agent/pattern.js';
import { resetTime } from '../../../src/executor/agent/reset-time.js';
import { addSignal, emptyReading } from '../../../src/executor/agent/signal.js';

describe('reset times', () => {
  // 2026-03-28 20:30 in Berlin, the evening before summer time begins.
  const now = Date.UTC(2026, 2, 28, 19, 30);
  const inBerlin = (year: number, month: number, day: number, hour: number, minute: number, offset: number): number => Date.UTC(year, month - 1, day, hour - offset, minute);
  test.each<readonly [string, number | undefined]>([
    ["You've hit your usage limit… try again at 9:42 PM.", inBerlin(2026, 3, 28, 21, 42, 1)],
    ['try again at 5:42 PM.', inBerlin(2026, 3, 29, 17, 42, 2)],
    ['try again at 8:25 PM.', now + 60_000],
    ['try again at 12:05 AM.', inBerlin(2026, 3, 29, 0, 5, 1)],
    ['try again at 12:00 PM.', inBerlin(2026, 3, 29, 12, 0, 2)],
    ['or try again at Apr 28th, 2026 10:03 PM.', inBerlin(2026, 4, 28, 22, 3, 2)],
    ['try again at Mar 1st, 2027 1:00 AM.', inBerlin(2027, 3, 1, 1, 0, 1)],
    ["You've hit your limit · resets 8:20pm (Asia/Tokyo)", Date.UTC(2026, 2, 29, 11, 20)],
    ["You've hit your limit · resets 2pm (Asia/Shanghai)", Date.UTC(2026, 2, 29, 6, 0)],
    ["You've hit your weekly limit · resets Oct 9, 5pm (America/New_York)", Date.UTC(2026, 9, 9, 21, 0)],
    ["You've hit your limit · resets Jan 3 at 5pm", inBerlin(2027, 1, 3, 17, 0, 1)],
    ["You've hit your limit · resets 11pm (Nowhere/Atall)", inBerlin(2026, 3, 28, 23, 0, 1)],
    ['resets 23:15', inBerlin(2026, 3, 28, 23, 15, 1)],
    ['Claude AI usage limit reached|1774740000', 1774740000_000],
    ['{"type":"usage_limit_reached","resets_at":1777936568,"x":1}', 1777936568_000],
    ['Your quota will reset after 2h52m39s.', now + 10_359_000],
    ['Please retry in 34.074824224s.', now + 34_075],
    ['Please retry after 840 seconds. (user_global_rate_limited:pro)', now + 840_000],
    ['Try again in 3 days 4 hours 9 minutes.', now + (76 * 60 + 9) * 60_000],
    ['retry in 500ms', now + 500],
    ['try again later', undefined],
    ['resets 45', undefined],
    ['try again at 25:00', undefined],
    ['resets at 13:99', undefined],
    ['', undefined],
  ])('%s', (message, expected) => {
    expect(resetTime(message, { now, timeZone: 'Europe/Berlin' })).toBe(expected);
  });

  test('whatever the text, it answers and never in the past', () => {
    const words = fc.constantFrom('try again', 'resets', 'in', 'at', 'after', '5', '10:30', 'PM', 'Apr', '28th,', '2026', 'days', 'h', '9s', '(UTC)', '|', '99999999999');
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 8 })), { maxLength: 30 }), (parts) => {
        const found = resetTime(parts.join(' '), { now, timeZone: 'UTC' });
        expect(found === undefined || Number.isFinite(found)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('a hostile message costs little', () => {
    expect(resetTime(`try again in ${'1 d '.repeat(100_000)}`, { now, timeZone: 'UTC' })).toBeGreaterThan(now);
    expect(resetTime('resets '.repeat(100_000), { now, timeZone: 'UTC' })).toBeUndefined();
  });
});

describe('lines', () => {
  test('are the same however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }).map((line) => line.replace(/[\r\n]/g, '')), { minLength: 1, maxLength: 20 }), fc.array(fc.integer({ min: 0, max: 200 })), fc.constantFrom('\n', '\r\n'), (lines, cuts, end) => {
        const bytes = Buffer.from(lines.map((line) => line + end).join(''));
        const found: string[] = [];
        const reader = lineReader((line) => found.push(line));
        let from = 0;
        for (const cut of [...cuts].sort((a, b) => a - b)) {
          reader.push(bytes.subarray(from, Math.max(from, cut)));
          from = Math.max(from, cut);
        }
        reader.push(bytes.subarray(from));
        reader.end();
        expect(found).toEqual(lines.map((line) => Buffer.from(line).toString('utf8')));
      }),
      { numRuns: 200 },
    );
  });

  test('a line over the limit is skipped whole, the next one is read', () => {
    const found: string[] = [];
    const reader = lineReader((line) => found.push(line), 10);
    for (const piece of ['short\n', 'x'.repeat(9), 'x'.repeat(9), 'x'.repeat(9), '\nafter', '\n', 'last']) reader.push(Buffer.from(piece));
    reader.end();
    expect(found).toEqual(['short', 'after', 'last']);
    expect(reader.skipped()).toBe(1);
  });
});

describe('patterns', () => {
  const match = (pattern: string, line: string): unknown => {
    const parsed = parsePattern(pattern);
    const found = parsed && matchPattern(parsed, line);
    return found && { ...found };
  };
  test.each([
    ['Cost: ${cost} message, {_} session.', 'x Cost: $0.01 message, $0.02 session.', { cost: '0.01' }],
    ['Applied edit to {doing}', 'Applied edit to src/a b.ts', { doing: 'src/a b.ts' }],
    ['a {x} b', 'a 1 c', undefined],
    ['plain', 'some plain text', {}],
    ['{x} tokens', '12 tokens', { x: '12' }],
    ['{__proto__} is', 'evil is', { ['__proto__']: 'evil' }],
  ])('%s in %s', (pattern, line, expected) => expect(match(pattern, line)).toEqual(expected));

  test.each([
    ['{a}{b}', undefined],
    ['{a}', undefined],
    ['', undefined],
  ])('%s is no pattern', (pattern, expected) => expect(parsePattern(pattern)).toBe(expected));

  test.each([
    ['4.2k', 4200],
    ['1,234,567', 1234567],
    ['$0.02', 0.02],
    ['1.5M', 1_500_000],
    ['abc', undefined],
    ['-1', undefined],
    ['1e9', undefined],
  ])('%s as a number', (text, expected) => expect(readableNumber(text)).toBe(expected));
});

describe('adapters', () => {
  const context = { now: 0, timeZone: 'UTC' };
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.json({ maxDepth: 4 }),
    fc
      .record({
        type: fc.constantFrom('system', 'assistant', 'result', 'rate_limit_event', 'init', 'message', 'tool_use', 'turn.failed', 'item.completed', 'error', 'step_finish', 'text', 'session.error', 'turn.completed'),
        subtype: fc.constantFrom('init', 'success', 'api_retry', 'error_max_turns', null),
        ...Object.fromEntries(['message', 'item', 'part', 'error', 'result', 'usage', 'stats', 'rate_limit_info', 'content', 'is_error', 'errors', 'data'].map((field) => [field, fc.jsonValue({ maxDepth: 3 })])),
      })
      .map((event) => JSON.stringify(event)),
  );
  test.each(shippedAgents)('%s never throws, whatever the line', (name) => {
    const found = findAgent(name, {});
    if (!found.ok) throw new Error(found.error);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const reading = lines.flatMap((each) => found.value.adapter.read(each, context)).reduce(addSignal, emptyReading);
        expect(reading.usage).toBeDefined();
      }),
      { numRuns: 100 },
    );
  });

  test('prototype fields are no fields', () => {
    const found = findAgent('claude', {});
    if (!found.ok) throw new Error(found.error);
    expect(found.value.adapter.read('{"type":"system","__proto__":{"session_id":"x"}}', context)).toEqual([]);
  });
});

test('a message counts once although its usage comes with each of its pieces', () => {
  const spend = (part: string, outputTokens: number) => ({ kind: 'spent', usage: { outputTokens }, total: false, part }) as const;
  const reading = [spend('m1', 5), spend('m1', 8), spend('m2', 3), spend('m2', 3)].reduce(addSignal, emptyReading);
  expect(reading.usage).toEqual({ outputTokens: 11 });
});

test('one line is printable', () => {
  expect(oneLine('a\u001b[31mred\u001b[0m\n\tb\u0000\u202e')).toBe('ared b');
  expect(oneLine('x'.repeat(500))).toHaveLength(160);
});

/** What all fake agents share: strict arguments, a record of how they were called, and the replay of a scenario. */
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { spawn } from 'node:child_process';

/** Ends like the real program where it refuses its arguments. */
export function refuse(message, code) {
  writeSync(2, `${message}\n`);
  process.exit(code);
}

/**
 * Parses arguments as strictly as the real program. `options` maps a flag to 'flag', 'value' (next argument) or 'equals' (--x=y or next).
 * Returns `{ values, rest }`; an unknown option ends the process.
 */
export function parse(args, options, code) {
  const values = {};
  const rest = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    if (arg === '-' || !arg.startsWith('-')) {
      rest.push(arg);
      continue;
    }
    const [name, ...inline] = arg.startsWith('--') ? arg.split('=') : [arg];
    const kind = options[name];
    if (kind === undefined) refuse(`error: unknown option '${name}'`, code);
    if (kind === 'flag') {
      if (inline.length > 0) refuse(`error: option '${name}' takes no value`, code);
      values[name] = true;
      continue;
    }
    const value = inline.length > 0 ? inline.join('=') : args[++at];
    if (value === undefined) refuse(`error: option '${name}' argument missing`, code);
    values[name] = Array.isArray(values[name]) ? [...values[name], value] : name in values ? [values[name], value] : value;
  }
  return { values, rest };
}

/** All of standard input; the real agents wait for its end too. */
export function stdin() {
  return readFileSync(0, 'utf8');
}

/**
 * Leaves what the test wants to know: arguments, environment, prompt. One line per call. FAKE_WRITE names a file that the agent
 * changes in its worktree, FAKE_BEGUN a pipe whose reader is told that the agent has begun.
 */
export function record(call) {
  const file = process.env.FAKE_RECORD;
  const written = process.env.FAKE_WRITE;
  if (written) writeFileSync(written, `attempt ${process.env.PLAN_ATTEMPT}\n`, { flag: 'a' });
  if (file) writeFileSync(file, `${JSON.stringify({ argv: process.argv.slice(2), env: process.env, cwd: process.cwd(), ...call })}\n`, { flag: 'a' });
  if (process.env.FAKE_BEGUN) writeFileSync(process.env.FAKE_BEGUN, 'begun\n');
}

/** The scenario asked for; several names separated by commas are taken call by call. */
export function scenarioName(call) {
  const names = (process.env.FAKE_SCENARIO ?? 'normal').split(',');
  return names[Math.min(call, names.length - 1)];
}

/** How often this fake was called before, by the record. */
export function callsBefore() {
  try {
    return readFileSync(process.env.FAKE_RECORD ?? '', 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}

/** Plays a scenario: `stdout` (strings, Buffers, objects as JSON lines), then `stderr`, then its end. */
export function play(scenario) {
  for (const piece of scenario.stdout ?? []) writeAll(1, typeof piece === 'string' || Buffer.isBuffer(piece) ? piece : `${JSON.stringify(piece)}\n`);
  if (scenario.stderr) writeAll(2, scenario.stderr);
  if (scenario.grandchild) spawn('sleep', ['1000'], { stdio: 'inherit' });
  if (scenario.deaf) process.on('SIGTERM', () => {});
  if (scenario.hang) return void setInterval(() => {}, 1000);
  if (scenario.kill) return void process.kill(process.pid, scenario.kill);
  process.exit(scenario.exit ?? 0);
}

/** A pipe may be full: the system says so, and the rest is written later. */
function writeAll(fd, data) {
  const bytes = Buffer.from(data);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at, bytes.length - at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

/** True where sessions count (FAKE_SESSIONS=strict) and no earlier call in the record had this one. */
export function isUnknownSession(session) {
  if (process.env.FAKE_SESSIONS !== 'strict' || session === undefined) return false;
  try {
    return !readFileSync(process.env.FAKE_RECORD ?? '', 'utf8').includes(session);
  } catch {
    return true;
  }
}

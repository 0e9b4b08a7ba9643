import { open, stat } from 'node:fs/promises';
import { err, ok, type Result } from '../../base/result.js';
import type { Mask } from '../../executor/secrets.js';
import { outputFile } from '../../journal/layout.js';
import type { Failure } from '../../model/failure.js';
import { attemptName } from '../../state/attempt-name.js';
import { nodeState } from '../../state/run-state.js';
import { visible } from '../../status/printable.js';
import { defineCommand } from '../command.js';
import { asTyped, type Context } from '../context.js';
import { withCommonDir } from '../common-dir.js';
import { exit } from '../exit.js';
import { requireRun, runOption } from '../runs.js';
import { usageFailure } from '../usage.js';
import { unknownNode } from '../nodes.js';

/** As much of a log's end as is shown where nothing else is asked for. */
const tailBytes = 64 * 1024;
const pollMs = 250;

/** `plan logs`. */
export const command = defineCommand({
  name: 'logs',
  description: "Shows what a task's attempt wrote: its end, or all of it with --all, or as it grows with --follow. Secrets are masked, and control characters made visible on a terminal; --raw leaves both.",
  positionals: [{ name: 'node', required: true, describe: 'a task or verify, such as A.2.3', completes: 'node' }],
  options: {
    ...runOption,
    attempt: { type: 'number', requiresArg: true, describe: 'which attempt; default: the last' },
    all: { type: 'boolean', describe: 'from the beginning' },
    follow: { type: 'boolean', alias: 'f', describe: 'go on until the attempt ends' },
    raw: { type: 'boolean', describe: 'the bytes as they were written' },
    path: { type: 'boolean', describe: 'only say where the file is' },
  },
  async run(given, context) {
    const [node = ''] = given.words;
    const found = await withCommonDir(context, async (commonDir): Promise<Result<{ file: string; attempt: number; mask: Mask; ended: () => Promise<boolean> }, readonly Failure[]>> => {
      const loaded = await requireRun(commonDir, given.run);
      if (!loaded.ok) return loaded;
      const { state, paths } = loaded.value;
      const known = nodeState(state, node);
      if (known === undefined) return err([unknownNode(node, state)]);
      const attempt = given.attempt ?? known.attempts.at(-1)?.number;
      if (attempt === undefined || !known.attempts.some((one) => one.number === attempt)) return err([notTried(node, given.attempt)]);
      const ended = async (): Promise<boolean> => {
        const now = await requireRun(commonDir, paths.run);
        return !now.ok || now.value.state.finished !== undefined || nodeState(now.value.state, node)?.attempts.find((one) => one.number === attempt)?.endedAt !== undefined;
      };
      // Loaded here: `status` is bundled with this command and shows no output.
      const { createMask } = await import('../../executor/secrets.js');
      const mask = createMask([definedOnly(context.terminal.environment)], state.settings.secrets);
      return ok({ file: outputFile(paths, attemptName(state, node, attempt), attempt), attempt, mask, ended });
    });
    if (!found.ok) return { failures: found.error };
    const { file, attempt, mask, ended } = found.value;
    if (given.path) return { json: { node, attempt, file }, text: asTyped(context, file) };
    if (context.json) return { json: { node, attempt, file, output: mask(await readEnd(file, given.all ?? false)) } };
    const shown = (bytes: Buffer): string | Buffer => {
      if (given.raw === true) return bytes;
      const text = mask(bytes.toString('utf8'));
      return context.terminal.live ? visible(text) : text;
    };
    await show(file, { all: given.all ?? false, follow: given.follow ?? false, shown }, ended, context);
    return { exit: exit.done };
  },
});

function notTried(node: string, attempt: number | undefined): Failure {
  return usageFailure('no-attempt', attempt === undefined ? `${node} was not tried yet: it has no output` : `${node} has no attempt ${attempt}`, `see \`plan status ${node}\``);
}

function definedOnly(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

async function readEnd(file: string, all: boolean): Promise<string> {
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  return (await read(file, all ? 0 : Math.max(0, size - tailBytes))).toString('utf8');
}

async function read(file: string, from: number): Promise<Buffer> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return Buffer.alloc(0);
  try {
    const size = (await handle.stat()).size;
    const bytes = Buffer.alloc(Math.max(0, size - from));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

interface ShowOptions {
  readonly all: boolean;
  readonly follow: boolean;
  /** What is written for these bytes. */
  readonly shown: (bytes: Buffer) => string | Buffer;
}

async function show(file: string, options: ShowOptions, ended: () => Promise<boolean>, { terminal }: Context): Promise<void> {
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  let at = options.all ? 0 : Math.max(0, size - tailBytes);
  if (size === 0 && !options.follow) terminal.stderr.write('it wrote nothing\n');
  if (at > 0) terminal.stderr.write(`… ${at} bytes before this: --all shows them\n`);
  for (;;) {
    // Asked before the read: what was written up to its end is then surely in what is read.
    const last = !options.follow || (await ended());
    const bytes = await read(file, at);
    at += bytes.length;
    terminal.stdout.write(options.shown(bytes));
    if (last) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/**
 * What a call of the built program costs before it does anything, as a ratio to `node -e 0` in the same round.
 *
 *   npm run build && npx esbuild bench/startup.ts --bundle --platform=node --format=esm --packages=external --outfile=dist/bench-startup.mjs && node dist/bench-startup.mjs [rounds]
 *
 * Goals: --version 1.3, --help and status 2.2. Rounds are interleaved, and the median of the ratios within a round is told: a machine that
 * is busy for a while is busy for both.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const program = path.resolve('bin/plan.js');
const rounds = Number(process.argv[2] ?? 25);

const folder = mkdtempSync(path.join(tmpdir(), 'plan-bench-'));
const environment = { ...process.env, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_NAME: 'b', GIT_AUTHOR_EMAIL: 'b', GIT_COMMITTER_NAME: 'b', GIT_COMMITTER_EMAIL: 'b' };

function call(command: string, ...args: readonly string[]): number {
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync(command, args, { cwd: folder, env: environment, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return Number(process.hrtime.bigint() - started) / 1e6;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

try {
  call('git', 'init', '--quiet', '--initial-branch=main');
  const tasks = Array.from({ length: 20 }, (_, index) => `- [ ] 1.${index + 1} Task\n  \`\`\`sh\n  true\n  \`\`\``).join('\n');
  writeFileSync(path.join(folder, 'a.md'), `# A\n\n## Phase 1: One\n${tasks}\n`);
  writeFileSync(path.join(folder, 'm.yml'), 'version: 1\nplans: { A: { plan: a.md } }\n');
  call('git', 'add', '--all');
  call('git', 'commit', '--quiet', '--message', 'start');
  call(process.execPath, program, 'orchestrate-multi', 'm.yml', '--quiet');
  const calls: Readonly<Record<string, { readonly args: readonly string[]; readonly goal?: number }>> = {
    '--version': { args: [program, '--version'], goal: 1.3 },
    '--help': { args: [program, '--help'], goal: 2.2 },
    status: { args: [program, 'status'], goal: 2.2 },
    'status --json': { args: [program, 'status', '--json'] },
    'status --help': { args: [program, 'status', '--help'] },
    'check m.yml': { args: [program, 'check', 'm.yml'] },
    'nothing to do': { args: [program, 'orchestrate-multi', 'm.yml'], goal: 3 },
  };
  const ratios = new Map(Object.keys(calls).map((name) => [name, [] as number[]]));
  const bare: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const zero = call(process.execPath, '-e', '0');
    bare.push(zero);
    for (const [name, { args }] of Object.entries(calls)) ratios.get(name)?.push(call(process.execPath, ...args) / zero);
  }
  console.log(`node -e 0: ${median(bare).toFixed(0)} ms (median of ${rounds})`);
  for (const [name, { goal }] of Object.entries(calls)) {
    const ratio = median(ratios.get(name) ?? []);
    console.log(`${name.padEnd(16)} ${ratio.toFixed(2)} ×${goal === undefined ? '' : `  (goal ${goal}${ratio <= goal ? '' : ', missed'})`}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

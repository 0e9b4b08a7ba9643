/** Runs the real executor on a fake agent in a temporary folder. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../src/base/clock.js';
import { createExecutorTools } from '../../../src/executor/attempt-process.js';
import { agentExecutor } from '../../../src/executor/agent/agent.js';
import type { AttemptRequest, Executor, Progress } from '../../../src/executor/executor.js';
import type { AttemptOutcome } from '../../../src/model/event.js';
import type { Execution, ExecutorSettings } from '../../../src/model/orchestration.js';

type AgentSettings = Extract<ExecutorSettings, { kind: 'agent' }>;

interface FakeCall {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly prompt: string;
}

interface AgentResult {
  readonly outcome: AttemptOutcome;
  readonly progress: readonly Progress[];
  readonly calls: readonly FakeCall[];
  readonly output: string;
  readonly outputBytes: number;
}

/** 2026-05-12 04:00:00 UTC: an hour before the recorded limit of Claude ends. */
export const now = Date.UTC(2026, 4, 12, 4, 0, 0);

/** Real timers, but a wall clock that stands in the recordings' year. */
const steadyClock = { now: () => now, after: systemClock.after.bind(systemClock) };

const fakes = join(dirname(fileURLToPath(import.meta.url)), 'fakes');

export interface Rig {
  readonly folder: string;
  readonly worktree: string;
  request(agent: Partial<AgentSettings>, scenario: string, more?: Partial<AttemptRequest>, execution?: Partial<Execution>): AttemptRequest;
  run(request: AttemptRequest, during?: (attempt: ReturnType<Executor['begin']>, progress: Progress) => void): Promise<AgentResult>;
  close(): void;
}

export function agentRig(timeZone = 'UTC', lingerMs = 30_000): Rig {
  const folder = mkdtempSync(join(tmpdir(), 'plan-agent-'));
  const worktree = join(folder, 'worktree');
  const bin = join(folder, 'bin');
  mkdirSync(worktree);
  mkdirSync(bin);
  for (const name of ['claude', 'codex', 'gemini', 'opencode', 'cursor-agent', 'copilot', 'aider']) symlinkSync(join(fakes, `${name}.mjs`), join(bin, name));
  const executor = agentExecutor({ ...createExecutorTools(steadyClock, [], 200), timeZone, lingerMs });
  let count = 0;
  return {
    folder,
    worktree,
    request(agent, scenario, more = {}, execution = {}) {
      const scratch = join(folder, `scratch-${++count}`);
      mkdirSync(scratch);
      return {
        run: 'r1',
        node: 'A.2.3',
        attempt: 1,
        plan: 'A',
        phase: '2',
        task: '2.3',
        title: 'Add the login form',
        worktree,
        outputFile: join(folder, `output-${count}`),
        outputLimit: 1024 * 1024,
        scratch,
        prompt: 'Add the login form.\n',
        execution: {
          executor: { kind: 'agent', agent: 'claude', options: {}, ...agent },
          stuckSeconds: 1800,
          retries: 2,
          env: { FAKE_SCENARIO: scenario, FAKE_RECORD: join(folder, `calls-${count}`) },
          ...execution,
        },
        environment: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: folder },
        ...more,
      };
    },
    async run(request, during) {
      const progress: Progress[] = [];
      const attempt = executor.begin(request, (each) => {
        progress.push(each);
        during?.(attempt, each);
      });
      const outcome = await attempt.finished;
      const output = readFileSync(request.outputFile);
      return { outcome, progress, calls: callsOf(request.execution.env['FAKE_RECORD'] ?? ''), output: output.toString('utf8'), outputBytes: output.length };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function callsOf(file: string): readonly FakeCall[] {
  try {
    return readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as FakeCall);
  } catch {
    return [];
  }
}

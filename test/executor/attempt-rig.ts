/** What the tests of executors share: requests with sensible parts, and a worktree in a temporary folder. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/base/clock.js';
import { systemClock } from '../../src/base/clock.js';
import { createExecutorTools } from '../../src/executor/attempt-process.js';
import type { ExecutorTools } from '../../src/executor/attempt-process.js';
import type { AttemptRequest, Progress } from '../../src/executor/executor.js';
import type { Execution, ExecutorSettings } from '../../src/model/orchestration.js';

/** A folder with everything that an attempt needs; removed when the test file is done. */
export class AttemptRig {
  readonly folder: string;
  readonly worktree: string;
  readonly attempts: string;
  readonly progress: Progress[] = [];
  readonly report = (progress: Progress): void => void this.progress.push(progress);
  #count = 0;

  constructor() {
    this.folder = mkdtempSync(join(realpathSync(tmpdir()), 'plan-test-'));
    this.worktree = join(this.folder, 'worktree');
    this.attempts = join(this.folder, 'attempts');
    mkdirSync(this.worktree);
    mkdirSync(this.attempts);
    afterAll(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  tools(options: { readonly clock?: Clock; readonly secrets?: readonly string[]; readonly graceMs?: number } = {}): ExecutorTools {
    return createExecutorTools(options.clock ?? systemClock, options.secrets ?? [], options.graceMs ?? 3000);
  }

  request(executor: ExecutorSettings, more: Partial<AttemptRequest> = {}, execution: Partial<Execution> = {}): AttemptRequest {
    const attempt = ++this.#count;
    return {
      run: 'test-1',
      node: 'A.2.3',
      attempt,
      plan: 'A',
      phase: '2',
      task: '2.3',
      title: 'a title',
      worktree: this.worktree,
      outputFile: join(this.attempts, `A.2.3#${attempt}.log`),
      outputLimit: 1024 * 1024,
      scratch: join(this.folder, `scratch-${attempt}`),
      prompt: 'the prompt\n',
      environment: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: this.folder },
      execution: { executor, stuckSeconds: 1800, retries: 0, env: {}, ...execution },
      ...more,
    };
  }

  output(request: AttemptRequest): string {
    return readFileSync(request.outputFile, 'utf8');
  }
}

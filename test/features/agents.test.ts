/** Coding agents, carried out by the built program: fakes on the PATH replay what the real ones print and refuse what they would refuse. */
import { once } from 'node:events';
import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { planTest, type PlanRig } from '../rig/plan.js';
import type { RepositoryRig } from '../rig/repository.js';

const fakes = join(import.meta.dirname, '..', 'executor', 'agent', 'fakes');

interface Call {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly prompt: string;
}

interface Line {
  readonly at: number;
  readonly event: { readonly kind: string; readonly node?: string; readonly attempt?: number; readonly outcome?: Record<string, unknown>; readonly session?: string };
}

/** A repository whose PATH has nothing but the fakes before the system's own. */
class Agents {
  readonly rig: PlanRig;
  readonly repository: RepositoryRig;
  readonly bin: string;

  constructor(rig: PlanRig) {
    this.rig = rig;
    this.repository = rig.repository;
    this.bin = join(rig.repository.folder, 'bin');
  }

  async install(): Promise<void> {
    await mkdir(this.bin);
    for (const name of ['claude', 'codex', 'gemini', 'opencode', 'cursor-agent', 'copilot', 'aider']) await symlink(join(fakes, `${name}.mjs`), join(this.bin, name));
  }

  /** The file in which the fake of a plan or task notes how it was called. */
  record(name: string): string {
    return join(this.repository.folder, `calls-${name}`);
  }

  /** `env` of a plan or task: which scenario its agent replays, and which file it changes. */
  env(name: string, scenario: string, more = ''): string {
    return `env: { FAKE_SCENARIO: "${scenario}", FAKE_SESSIONS: strict, FAKE_RECORD: ${this.record(name)}, FAKE_WRITE: ${name}.txt${more} }`;
  }

  async calls(name: string): Promise<readonly Call[]> {
    const text = await readFile(this.record(name), 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Call);
  }

  get environment(): Record<string, string> {
    return { PATH: `${this.bin}:${this.repository.environment['PATH'] ?? ''}` };
  }

  run(...args: readonly string[]): ReturnType<RepositoryRig['run']> {
    return this.plan('orchestrate-multi', 'plans/manifest.yml', '--plain', ...args);
  }

  plan(...args: readonly string[]): ReturnType<RepositoryRig['run']> {
    return this.repository.run(process.execPath, [join(import.meta.dirname, '..', '..', 'bin', 'plan.js'), ...args], { env: this.environment });
  }

  async journal(): Promise<readonly Line[]> {
    const runs = join(this.repository.top, '.git', 'plan', 'runs');
    const [run = ''] = await readdir(runs);
    const text = await readFile(join(runs, run, 'journal.ndjson'), 'utf8');
    return text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Line);
  }

  /** How the attempts of a node ended, in order. */
  async outcomes(node: string): Promise<readonly Record<string, unknown>[]> {
    return (await this.journal()).flatMap(({ event }) => (event.kind === 'attempt.finished' && event.node === node && event.outcome !== undefined ? [event.outcome] : []));
  }
}

function agentTest(body: (agents: Agents) => Promise<void>): () => Promise<void> {
  return planTest(async ({ rig }) => {
    const agents = new Agents(rig);
    await agents.install();
    await body(agents);
  });
}

const onePlan = (title: string, tasks = 1): string => [`# ${title}`, '', '## Phase 1: Work', '', ...Array.from({ length: tasks }, (_, index) => `- [ ] 1.${index + 1} Task ${index + 1} of ${title}${index > 0 ? ` (depends: 1.${index})` : ''}`), ''].join('\n');

/** The plans of a manifest, one for each line of `name: settings`. */
async function orchestration(agents: Agents, head: readonly string[], plans: Readonly<Record<string, { readonly settings: string; readonly tasks?: number; readonly text?: string }>>): Promise<void> {
  const lines = ['version: 1', 'target: main', ...head, 'plans:', ...Object.entries(plans).map(([id, { settings }]) => `  ${id}: { plan: ${id}.md, ${settings} }`), ''];
  await agents.rig.orchestration(lines.join('\n'), Object.fromEntries(Object.entries(plans).map(([id, { tasks, text }]) => [id, text ?? onePlan(id, tasks)])));
}

describe('agents in a run', () => {
  test(
    'every one of them works, is told the same, and sees none of the caller’s secrets',
    agentTest(async (agents) => {
      const own = join(agents.bin, 'our-agent');
      await writeFile(own, '#!/bin/sh\ncat > "$FAKE_RECORD.prompt"\necho work > "$FAKE_WRITE"\necho \'{"type":"end","ok":true,"text":"Ours is done.","dollars":0.5}\'\n', { mode: 0o755 });
      const description = 'options: { description: { command: [our-agent, [--model, "{model}"]], prompt: stdin, output: json-lines, endsWithResult: true, rules: [{ when: { type: end }, answer: text, usage: { cost: dollars }, ends: { wellWhen: { ok: true } } }] } }';
      const scenarios = { claude: 'normal', codex: 'api-retry', gemini: 'megabytes', opencode: 'normal', cursor: 'normal', copilot: 'normal', aider: 'no-newline' };
      await orchestration(agents, ['limits: { tasks: 4 }'], {
        ...Object.fromEntries(Object.entries(scenarios).map(([agent, scenario]) => [agent, { settings: `executor: { agent: ${agent} }, ${agents.env(agent, scenario)}` }])),
        ours: { settings: `executor: { agent: ours, ${description} }, ${agents.env('ours', 'normal')}` },
      });
      const environment = { ...agents.environment, GITHUB_TOKEN: 'gh-secret-value', AWS_SECRET_ACCESS_KEY: 'aws-secret-value' };
      const result = await agents.repository.run(process.execPath, [join(import.meta.dirname, '..', '..', 'bin', 'plan.js'), 'orchestrate-multi', 'plans/manifest.yml', '--plain'], { env: environment });
      expect(result).toMatchObject({ code: 0 });
      const ports = new Set<string | undefined>();
      const folders = new Set<string | undefined>();
      for (const agent of Object.keys(scenarios)) {
        const [call, ...more] = await agents.calls(agent);
        expect(more).toEqual([]);
        expect(call?.prompt).toContain(`Task 1 of ${agent}`);
        expect(call?.env).toMatchObject({ PLAN_ID: agent, PLAN_TASK: '1.1', PLAN_ATTEMPT: '1' });
        expect(Object.keys(call?.env ?? {})).not.toEqual(expect.arrayContaining(['GITHUB_TOKEN']));
        expect(JSON.stringify(call?.env)).not.toContain('-secret-value');
        ports.add(call?.env['PLAN_PORT_BASE']);
        folders.add(call?.env['TMPDIR']);
      }
      expect([ports.size, folders.size]).toEqual([7, 7]);
      expect((await agents.repository.git(['ls-tree', '--name-only', 'main'])).split('\n')).toEqual(expect.arrayContaining([...Object.keys(scenarios), 'ours'].map((name) => `${name}.txt`)));
      const [claude] = await agents.outcomes('claude.1.1');
      expect(claude).toMatchObject({ result: 'passed', note: 'Implemented the login form.', usage: { cost: 0.1234 } });
      expect(await agents.outcomes('ours.1.1')).toMatchObject([{ result: 'passed', note: 'Ours is done.', usage: { cost: 0.5 } }]);
    }),
  );

  test(
    'what is no success is none, and says why',
    agentTest(async (agents) => {
      const failing = { error: 'success-with-error', budget: 'budget', torn: 'torn', killed: 'killed' };
      const idle = join(agents.bin, 'idle-agent');
      await writeFile(idle, '#!/bin/sh\ncat > /dev/null\necho \'{"type":"end","ok":true,"text":"I am done."}\'\n', { mode: 0o755 });
      const description = 'options: { description: { command: [idle-agent], prompt: stdin, output: json-lines, rules: [{ when: { type: end }, answer: text, ends: well }] } }';
      await orchestration(agents, ['limits: { tasks: 4 }', 'landing: { onFailure: land-rest }', 'defaults: { retries: 0, executor: { agent: claude, budget: 5, options: { lingerSeconds: 0.2 } } }'], {
        ...Object.fromEntries(Object.entries(failing).map(([id, scenario]) => [id, { settings: agents.env(id, scenario) }])),
        idle: { settings: `executor: { agent: idle, ${description} }` },
        noise: { settings: agents.env('noise', 'noise') },
        bytes: { settings: agents.env('bytes', 'not-utf8') },
        hang: { settings: agents.env('hang', 'hang-deaf') },
      });
      const result = await agents.run();
      expect(result.code).toBe(1);
      const reasons = Object.fromEntries(await Promise.all([...Object.keys(failing), 'idle'].map(async (id) => [id, (await agents.outcomes(`${id}.1.1`)).map(({ result: how, reason }) => `${String(how)} ${String(reason)}`)])));
      expect(reasons).toEqual({ error: ['failed executor'], budget: ['failed budget'], torn: ['failed bad-output'], killed: ['failed signal'], idle: ['failed no-change'] });
      expect((await agents.calls('budget'))[0]?.argv.join(' ')).toContain('--max-budget-usd 5');
      // Nothing of what failed is on its branch, and nothing of it is lost.
      const files = (await agents.repository.git(['ls-tree', '--name-only', 'main'])).split('\n');
      expect(files).toEqual(expect.arrayContaining(['noise.txt', 'bytes.txt', 'hang.txt']));
      for (const id of Object.keys(failing)) expect(files).not.toContain(`${id}.txt`);
      const salvaged = (await agents.plan('salvage', '--json')).stdout;
      for (const id of Object.keys(failing)) expect(salvaged).toContain(`${id}.1.1`);
      expect(await agents.repository.processesLeft()).toEqual([]);
    }),
  );

  test(
    'a limit pauses its agent’s pool until the reset, costs no retry, and holds up nobody else',
    agentTest(async (agents) => {
      await orchestration(agents, ['limits: { tasks: 4, pools: { claude: 1 } }', 'defaults: { retries: 0, executor: { agent: claude } }'], {
        A: { settings: `priority: high, ${agents.env('A', 'limit-soon,normal')}` },
        B: { settings: agents.env('B', 'normal') },
        C: { settings: `executor: { agent: codex }, ${agents.env('C', 'normal')}` },
      });
      expect(await agents.run()).toMatchObject({ code: 0 });
      const lines = await agents.journal();
      const limited = lines.find(({ event }) => event.outcome?.['limitedUntil'] !== undefined);
      const until = Number(limited?.event.outcome?.['limitedUntil']);
      expect(limited?.event).toMatchObject({ node: 'A.1.1', attempt: 1, outcome: { reason: 'limit', limitedPool: 'claude' } });
      const started = (node: string, attempt: number): number => lines.find(({ event }) => event.kind === 'attempt.started' && event.node === node && event.attempt === attempt)?.at ?? 0;
      expect(started('A.1.1', 2)).toBeGreaterThanOrEqual(until);
      expect(started('B.1.1', 1)).toBeGreaterThanOrEqual(until);
      expect(lines.find(({ event }) => event.kind === 'task.committed' && event.node === 'C.1.1')?.at).toBeLessThan(until);
      // The second attempt goes on with the session of the first.
      const [first, second] = await agents.calls('A');
      const session = first?.argv.find((word) => word.startsWith('--session-id='))?.slice('--session-id='.length);
      expect(session).toMatch(/^[0-9a-f-]{36}$/);
      expect(second?.argv).toContain(`--resume=${session ?? ''}`);
    }),
  );

  test(
    'another agent steps in where the policy says so, and `plan prompt` prints what is sent',
    agentTest(async (agents) => {
      await orchestration(agents, ['prompts: { task: mine.md }', 'defaults: { retries: 1, executor: { agent: claude, fallback: codex } }'], {
        A: { settings: agents.env('A', 'limit-with-reset,normal') },
        B: { settings: `executor: { agent: codex }, ${agents.env('B', 'success-with-error,normal')}` },
      });
      await writeFile(join(agents.repository.top, 'plans', 'mine.md'), 'Ours: {{title}} in {{worktree}}, attempt {{attempt}}.\n{{#earlier}}\nBefore: {{how}}\n{{output}}\n{{/earlier}}\n');
      const before = await agents.plan('prompt', 'A.1.1', '--manifest', 'plans/manifest.yml', '--json');
      expect(await agents.run()).toMatchObject({ code: 0 });
      const [limited, spare] = await agents.calls('A');
      expect((JSON.parse(before.stdout) as { prompt: string }).prompt).toBe(limited?.prompt);
      expect(limited?.prompt).toMatch(/^Ours: Task 1 of A in .*\/A, attempt 1\.\n$/);
      expect(spare?.argv[0]).toBe('exec');
      expect(spare?.prompt).toContain('Another agent began with this task');
      const [, again] = await agents.calls('B');
      expect(again?.prompt).toContain('attempt 2.\nBefore: failed executor');
      expect(again?.prompt).toContain('unexpected status 500');
      expect(again?.argv).toContain('resume');
    }),
  );

  test(
    'what a retry will be told is what `plan prompt` shows before it',
    agentTest(async (agents) => {
      await orchestration(agents, ['defaults: { retries: 0, executor: { agent: codex } }'], { A: { settings: agents.env('A', 'success-with-error,normal') } });
      expect((await agents.run()).code).toBe(1);
      const shown = (await agents.plan('prompt', 'A.1.1', '--json')).stdout;
      expect(await agents.run()).toMatchObject({ code: 0 });
      const [, second] = await agents.calls('A');
      expect((JSON.parse(shown) as { prompt: string }).prompt).toBe(second?.prompt);
      expect(second?.prompt).toContain('## Attempt 1 did not succeed');
    }),
  );

  test(
    'after a kill of the orchestrator its agent is gone, and the session is gone on with',
    agentTest(async (agents) => {
      const begun = join(agents.repository.folder, 'begun');
      await agents.repository.run('mkfifo', [begun]);
      await orchestration(agents, ['defaults: { retries: 0, executor: { agent: claude } }'], { A: { settings: agents.env('A', 'forever,normal', `, FAKE_BEGUN: ${begun}`) } });
      const child = agents.repository.spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'bin', 'plan.js'), 'orchestrate-multi', 'plans/manifest.yml', '--plain'], { env: agents.environment });
      await agents.repository.run('cat', [begun]);
      child.kill('SIGKILL');
      await once(child, 'close');
      const second = agents.run();
      await agents.repository.run('cat', [begun]);
      expect(await second).toMatchObject({ code: 0 });
      const [first, again] = await agents.calls('A');
      const session = first?.argv.find((word) => word.startsWith('--session-id='))?.slice('--session-id='.length) ?? 'none';
      expect(again?.argv).toContain(`--resume=${session}`);
      expect((await agents.outcomes('A.1.1')).map(({ result }) => result)).toEqual(['lost', 'passed']);
      expect(await agents.repository.processesLeft()).toEqual([]);
    }),
  );

  test(
    'a run’s money is not spent twice',
    agentTest(async (agents) => {
      const head = ['defaults: { retries: 0, executor: { agent: claude } }'];
      const plans = (cost: string): Parameters<typeof orchestration>[2] => ({
        A: { settings: agents.env('A', 'normal'), tasks: 3 },
        B: { settings: `executor: { agent: claude, budget: 9 }, ${cost}${agents.env('B', 'normal')}`, tasks: 3 },
      });
      await orchestration(agents, head, plans('cost: 0.2 USD, '));
      expect((await agents.run()).code).toBe(1);
      // The plan's own budget: what is left of it is told to the agent, and nothing begins when it is used up.
      const budgetsOfB = (await agents.calls('B')).map(({ argv }) => Number(argv[argv.indexOf('--max-budget-usd') + 1]));
      expect(budgetsOfB).toEqual([0.2, 0.0766]);
      expect(await agents.outcomes('B.1.3')).toMatchObject([{ result: 'failed', reason: 'budget', note: 'B has spent 0.25 of 0.2' }]);
      // The run's: five attempts of 0.1234 are more than that.
      await orchestration(agents, ['limits: { cost: 0.6 USD }', ...head], plans(''));
      expect((await agents.run()).code).toBe(1);
      expect([(await agents.calls('A')).length, (await agents.calls('B')).length]).toEqual([3, 2]);
      await orchestration(agents, ['limits: { cost: 2 USD }', ...head], plans(''));
      expect(await agents.run()).toMatchObject({ code: 0 });
      expect([(await agents.calls('A')).length, (await agents.calls('B')).length]).toEqual([3, 3]);
    }),
  );
});

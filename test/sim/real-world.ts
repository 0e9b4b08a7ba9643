/** A real repository for a story: the hands of a real run on it, at the story's own time. Only executors and verifications are played. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../../src/base/assert.js';
import { failureOf } from '../../src/engine/failure-of.js';
import type { Hands } from '../../src/engine/hands.js';
import { createLandingHands, proposalOf } from '../../src/engine/landing-hands.js';
import { landingWorktree, slotOf } from '../../src/engine/places.js';
import { runView } from '../../src/engine/run-view.js';
import { createPlanDeeds, type RepositoryDeeds } from '../../src/git/plan-deeds.js';
import { recoverRepository } from '../../src/git/recover-git.js';
import { openRepository, type Repository } from '../../src/git/repository.js';
import { proposePlans } from '../../src/landing/pull-requests.js';
import { Radar } from '../../src/landing/radar.js';
import { undoLanding, type UndoRequest } from '../../src/landing/undo.js';
import type { Event } from '../../src/model/event.js';
import type { LandingDecision } from '../../src/scheduler/landing-decision.js';
import type { Advance } from '../../src/state/landing-state.js';
import type { RunState } from '../../src/state/run-state.js';
import { settler } from '../../src/landing/resolve.js';
import { verifyCandidate, type VerifyEnd } from '../../src/landing/verify-candidate.js';
import { RepositoryRig } from '../rig/repository.js';
import type { CutDeed } from './deed-process.js';
import { refusalOf, run, type MakeHands } from './life.js';
import { CutDeeds } from './real-cut.js';
import { RealGround } from './real-ground.js';
import { SimClock } from './sim-clock.js';
import { judgeInTime, settlesInTime } from './sim-landing.js';
import type { RealRepository } from './simulate-seed.js';
import type { World } from './world.js';

/** A deed as another process is told of it. */
type CutAs = (name: string, given: readonly unknown[]) => Pick<CutDeed, 'name' | 'given'>;

type MakeLanding = Parameters<typeof createLandingHands>[0];

/** Exit codes by which a verify command says what it found. */
const exitCodes = { green: 0, red: 1, inconclusive: 125 } as const;

export class RealWorld implements RealRepository {
  readonly clock = new SimClock();
  readonly ground: RealGround;
  readonly rig: RepositoryRig;
  private readonly folder: string;
  private readonly cuts: CutDeeds;
  private repository: Repository | undefined;

  private constructor(rig: RepositoryRig) {
    this.rig = rig;
    this.folder = join(rig.folder, 'worktrees');
    this.ground = new RealGround(rig, this.clock, this.folder);
    this.cuts = new CutDeeds(join(rig.folder, 'cut'), join(rig.folder, 'bin', 'git'));
    this.ground.undo = (request) => this.undo(request);
    this.ground.radar = () => {
      assert(this.repository, 'a radar looks at an open repository');
      const radar = new Radar(this.repository);
      return (target, tips) => radar.sweep(target, tips);
    };
  }

  /** A repository with one commit on `main`, pushed to a remote, and nobody on it. */
  static async create(): Promise<RealWorld> {
    const rig = await RepositoryRig.create({ files: { README: 'start' } });
    const world = new RealWorld(rig);
    await rig.git(['init', '--quiet', '--bare', join(rig.folder, 'origin')]);
    await rig.git(['remote', 'add', 'origin', join(rig.folder, 'origin')]);
    await rig.git(['push', '--quiet', '--set-upstream', 'origin', 'main']);
    await rig.git(['switch', '--quiet', '--detach']);
    world.putClockBeforeGit();
    return world;
  }

  /** Gits of ours write the story's time, so that what is made at the same moment of it is the same; what names a date itself keeps it. */
  private putClockBeforeGit(): void {
    const { folder } = this.rig;
    mkdirSync(join(folder, 'bin'));
    const found = (this.rig.environment['PATH'] ?? '').split(':').map((path) => join(path, 'git')).find((path) => existsSync(path)) ?? '';
    const script = `#!/bin/sh\nread -r now < '${join(folder, 'now')}'\n: "\${GIT_AUTHOR_DATE=$now}" "\${GIT_COMMITTER_DATE=$now}"\nexport GIT_AUTHOR_DATE GIT_COMMITTER_DATE\nexec '${found}' "$@"\n`;
    writeFileSync(join(folder, 'bin', 'git'), script);
    chmodSync(join(folder, 'bin', 'git'), 0o755);
  }

  private get environment(): Record<string, string> {
    return { ...this.rig.environment, PATH: `${join(this.rig.folder, 'bin')}:${this.rig.environment['PATH'] ?? ''}` };
  }

  private async open(): Promise<Repository> {
    const opened = await openRepository(this.rig.top, this.environment);
    if (!opened.ok) throw new Error(opened.error.message);
    return opened.value;
  }

  private async undo(request: UndoRequest): Promise<readonly Event[]> {
    this.stamp();
    const repository = await this.open();
    try {
      const done = await undoLanding(repository, request);
      return done.ok ? done.value : [];
    } finally {
      repository.close();
    }
  }

  private stamp(): void {
    writeFileSync(join(this.rig.folder, 'now'), `${this.ground.date}\n`);
  }

  /** Deeds at the story's time; those that are to be cut off elsewhere. */
  private inStory<T extends object>(deeds: T, { world, cutAs = (name, given) => ({ name, given }) }: { readonly world: World; readonly cutAs?: CutAs }): T {
    return new Proxy(deeds, {
      get: (target, name) => (...given: unknown[]) => {
        this.stamp();
        const here = (): unknown => (target as Record<string | symbol, (...args: unknown[]) => unknown>)[name]?.(...given);
        const { cut } = world;
        if (cut === undefined) return here();
        const deed = { top: this.rig.top, environment: this.environment, run, ...cutAs(String(name), given) };
        return this.cuts.perform(cut, deed).then((end) => (end === null ? here() : end.done));
      },
    });
  }

  /** Hands of a new process on the repository. */
  readonly makeHands: MakeHands = async ({ world, state, verdict, beginAttempt }) => {
    this.stamp();
    const { folder } = this;
    const repository = await this.open();
    this.repository = repository;
    if (state.entries > 0) await recoverRepository(repository, { run, branches: state.orchestration.plans.map(({ branch }) => branch), ...(this.cuts.killed && { process: this.cuts.killed }) });
    const plans = createPlanDeeds(repository, { run, copy: [] });
    const landing = createLandingHands({
      repository,
      state,
      ...this.landingTools(world, repository, plans, verdict, () => state.settings.landing.onConflict),
      propose: ({ plans: wanted, heads }) =>
        proposePlans(repository, 'main', wanted.map((plan, index) => proposalOf(state, plan, heads[index] as string)), () => Promise.resolve({ code: undefined, stdout: '', stderr: '' })),
    });
    const hands: Hands = {
      plans: this.inStory(plans, { world }),
      landing: this.inStory(landing, { world, cutAs: (_, [wanted]) => landingDeed(state, wanted as Advance | LandingDecision) }),
      view: runView(state),
      slot: (node, slot) => slotOf(folder, node, slot),
      exists: existsSync,
      beginAttempt,
      failureOf: (error) => refusalOf(error) ?? failureOf(error),
    };
    return hands;
  };

  private landingTools(world: World, repository: Repository, plans: RepositoryDeeds, verdict: Parameters<MakeHands>[0]['verdict'], onConflict: () => Parameters<typeof settler>[1]): Pick<MakeLanding, 'verify' | 'settle' | 'stopSettling'> {
    const { life } = world;
    const scratch = (lane: number) => (commit: string) => plans.prepareWorktree({ plan: '_landing', slot: `landing${lane}`, path: landingWorktree(this.folder, lane), disposable: true }, commit);
    const busy = new Set<number>();
    return {
      verify: async ({ commit, tree, attempt, key }, stop) => {
        const chance = world.fateOf(`verify ${commit}`);
        let lane = 0;
        while (busy.has(lane)) lane += 1;
        busy.add(lane);
        const command = async (): Promise<VerifyEnd> => {
          const code = await judgeInTime(world, life, chance, () => exitCodes[verdict(commit, chance)]);
          this.stamp();
          return { code, timedOut: false, stopped: stop.aborted, tail: '' };
        };
        const events = await verifyCandidate(repository, { commit, tree, attempt, key, command: 'verify', stop }, { worktree: scratch(lane), run: command });
        busy.delete(lane);
        return events;
      },
      settle: () =>
        settler(repository, onConflict(), {
          worktree: scratch(-1),
          work: async (path, _, { files }) => {
            const chance = world.fateOf('conflicts');
            if (!(await settlesInTime(world, life, chance))) return false;
            this.stamp();
            for (const file of files) this.ground.git(['checkout', '--quiet', '--ours', '--', file], { cwd: path });
            this.ground.git(['add', '--all'], { cwd: path });
            return true;
          },
        }),
      stopSettling: () => undefined,
    };
  }

  endLife(): void {
    this.repository?.close();
  }

  async cleanup(): Promise<void> {
    this.endLife();
    await this.rig.cleanup();
  }
}

/** What the landing queue does, for a process that does not know the run. */
function landingDeed(state: RunState, wanted: Advance | LandingDecision): Pick<CutDeed, 'name' | 'given'> {
  if ('kind' in wanted && wanted.kind === 'propose') {
    return { name: wanted.kind, given: [wanted.plans.map((plan, index) => proposalOf(state, plan, wanted.heads[index] as string))] };
  }
  assert('to' in wanted, 'only what moves a ref is cut off');
  const { plans, from, to } = wanted;
  return { name: 'advance-target', given: [{ target: state.orchestration.target, plans, from, to, push: state.settings.landing.push }] };
}

/** A real repository for a story: the hands of a real run on it, at the story's own time. Only executors and verifications are played. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failureOf } from '../../src/engine/failure-of.js';
import type { Hands } from '../../src/engine/hands.js';
import { createLandingHands, proposalOf } from '../../src/engine/landing-hands.js';
import { landingWorktree, slotOf } from '../../src/engine/places.js';
import { runView } from '../../src/engine/run-view.js';
import { createPlanDeeds, type RepositoryDeeds } from '../../src/git/plan-deeds.js';
import { openRepository, type Repository } from '../../src/git/repository.js';
import { proposePlans } from '../../src/landing/pull-requests.js';
import { undoLanding, type UndoRequest } from '../../src/landing/undo.js';
import type { Event } from '../../src/model/event.js';
import { settler } from '../../src/landing/resolve.js';
import { verifyCandidate, type VerifyEnd } from '../../src/landing/verify-candidate.js';
import { RepositoryRig } from '../rig/repository.js';
import { refusalOf, run, type MakeHands } from './life.js';
import { RealGround } from './real-ground.js';
import { SimClock } from './sim-clock.js';
import { judgeInTime, settlesInTime } from './sim-landing.js';
import type { RealRepository } from './simulate-seed.js';
import type { World } from './world.js';

type MakeLanding = Parameters<typeof createLandingHands>[0];

/** Exit codes by which a verify command says what it found. */
const exitCodes = { green: 0, red: 1, inconclusive: 125 } as const;

export class RealWorld implements RealRepository {
  readonly clock = new SimClock();
  readonly ground: RealGround;
  readonly rig: RepositoryRig;
  private readonly folder: string;
  private repository: Repository | undefined;

  private constructor(rig: RepositoryRig) {
    this.rig = rig;
    this.folder = join(rig.folder, 'worktrees');
    this.ground = new RealGround(rig, this.clock, this.folder);
    this.ground.undo = (request) => this.undo(request);
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

  private async open(): Promise<Repository> {
    const opened = await openRepository(this.rig.top, { ...this.rig.environment, PATH: `${join(this.rig.folder, 'bin')}:${this.rig.environment['PATH'] ?? ''}` });
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

  private atTime<T extends object>(deeds: T): T {
    return new Proxy(deeds, {
      get: (target, name) => (...given: unknown[]) => {
        this.stamp();
        return (target as Record<string | symbol, (...args: unknown[]) => unknown>)[name]?.(...given);
      },
    });
  }

  /** Hands of a new process on the repository. */
  readonly makeHands: MakeHands = async ({ world, state, verdict, beginAttempt }) => {
    this.stamp();
    const { folder } = this;
    const repository = await this.open();
    this.repository = repository;
    const plans = createPlanDeeds(repository, { run, copy: [] });
    const landing = createLandingHands({
      repository,
      state,
      ...this.landingTools(world, repository, plans, verdict, () => state.settings.landing.onConflict),
      propose: ({ plans: wanted, heads }) =>
        proposePlans(repository, 'main', wanted.map((plan, index) => proposalOf(state, plan, heads[index] as string)), () => Promise.resolve({ code: undefined, stdout: '', stderr: '' })),
    });
    const hands: Hands = {
      plans: this.atTime(plans),
      landing: this.atTime(landing),
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

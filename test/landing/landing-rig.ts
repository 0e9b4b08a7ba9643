/** A repository with plans ready to land, and the questions that landing tests ask. */
import { openRepository, type Repository } from '../../src/git/repository.js';
import type { LandingSubject } from '../../src/landing/landing-step.js';
import { prepareLanding, type PrepareRequest, type SettleConflict } from '../../src/landing/prepare-landing.js';
import type { Candidate, LandingEvent } from '../../src/model/landing-event.js';
import { RepositoryRig, type Files, type RepositoryOptions } from '../rig/repository.js';

export interface LandingRig {
  readonly rig: RepositoryRig;
  readonly repository: Repository;
  /** A commit on the plan's branch `plan/<id>`; the branch begins at `start` when it is new. */
  commit(plan: string, files: Files, start?: string): Promise<string>;
  /** What is known of a plan for landing: its branch's tip. */
  subject(plan: string, restsOn?: readonly string[]): Promise<LandingSubject>;
  prepare(subjects: readonly LandingSubject[], options?: Partial<PrepareRequest>, settle?: SettleConflict): Promise<readonly LandingEvent[]>;
  /** The chain of a preparation that has to succeed. */
  chain(subjects: readonly LandingSubject[], options?: Partial<PrepareRequest>): Promise<readonly Candidate[]>;
}

export function landingTest(body: (given: LandingRig) => Promise<void>, options: RepositoryOptions = {}): () => Promise<void> {
  return async () => {
    const rig = await RepositoryRig.create(options);
    const opened = await openRepository(rig.top, rig.environment);
    if (!opened.ok) throw new Error(opened.error.message);
    try {
      await body(landingRig(rig, opened.value));
    } finally {
      opened.value.close();
      await rig.cleanup();
    }
  };
}

export function landingRig(rig: RepositoryRig, repository: Repository): LandingRig {
  const prepare: LandingRig['prepare'] = async (subjects, options = {}, settle) =>
    prepareLanding(
      repository,
      { run: 'r1', target: 'main', onto: await rig.git(['rev-parse', 'main']), plans: subjects, keep: [], strategy: 'merge', skipConflicts: false, hooks: false, landed: [], ...options },
      settle,
    );
  return {
    rig,
    repository,
    prepare,
    commit: (plan, files, start) => rig.commitOn(`plan/${plan}`, `work on ${plan}`, files, start),
    subject: async (plan, restsOn = []) => ({ plan, head: await rig.git(['rev-parse', `plan/${plan}`]), branch: `plan/${plan}`, title: `Title of ${plan}`, goal: '', restsOn }),
    chain: async (subjects, options) => {
      const last = (await prepare(subjects, options)).at(-1);
      if (last?.kind !== 'landing.prepared' || last.chain.length !== subjects.length) throw new Error(`no whole chain: ${JSON.stringify(last)}`);
      return last.chain;
    },
  };
}

/** Numbered lines, some of them replaced. */
export function text(count: number, changed: Readonly<Record<number, string>> = {}): string {
  return Array.from({ length: count }, (_, index) => `${changed[index] ?? `line ${index}`}\n`).join('');
}

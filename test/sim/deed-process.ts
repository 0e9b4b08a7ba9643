/** One deed of a story in a process of its own, which a git that has got to the given point kills. Run by real-cut.ts. */
import { text } from 'node:stream/consumers';
import { DeedRefused, GitError } from '../../src/git/git-error.js';
import { createPlanDeeds } from '../../src/git/plan-deeds.js';
import { openRepository } from '../../src/git/repository.js';
import { advanceTarget, type AdvanceRequest } from '../../src/landing/advance-target.js';
import { proposePlans, type Proposal } from '../../src/landing/pull-requests.js';

/** A deed by the name of its hand, with what it is given. */
export interface CutDeed {
  readonly top: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly run: string;
  readonly name: string;
  readonly given: readonly unknown[];
}

async function main(): Promise<void> {
  const { top, environment, run, name, given } = JSON.parse(await text(process.stdin)) as CutDeed;
  // Hooks of ours find the process to kill by this.
  const opened = await openRepository(top, { ...environment, CUT_PROCESS: String(process.pid) });
  if (!opened.ok) throw new Error(opened.error.message);
  const repository = opened.value;
  const { close, ...plans } = createPlanDeeds(repository, { run, copy: [] });
  const deeds: Readonly<Record<string, (...args: never[]) => Promise<unknown>>> = {
    ...plans,
    'advance-target': (request: AdvanceRequest) => advanceTarget(repository, request),
    propose: (proposals: readonly Proposal[]) => proposePlans(repository, 'main', proposals, () => Promise.resolve({ code: undefined, stdout: '', stderr: '' })),
  };
  const end = await deeds[name]?.(...(given as never[])).then(
    (done) => ({ done }),
    (error: unknown) => {
      // What git or a person's checkout refuses is a story's own affair.
      if (error instanceof GitError || error instanceof DeedRefused) return null;
      throw error;
    },
  );
  close();
  process.stdout.write(JSON.stringify(end));
}

void main();

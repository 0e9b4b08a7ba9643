/** Pull requests instead of moving the target: branches pushed with a lease and requests opened in landing order, by `gh` or `glab`. */

import { err, ok, type Result } from '../base/result.js';
import { lastLines } from '../git/git-error.js';
import { tryGit } from '../git/git.js';
import type { Repository } from '../git/repository.js';
import type { Failure } from '../model/failure.js';
import type { CommitId, PlanId } from '../model/ids.js';
import type { LandingEvent } from '../model/landing-event.js';
import { blocked } from './target-checkout.js';
import { findTarget, upstreamOf, type RemoteBranch } from './target-ref.js';

/** A plan to be proposed. */
export interface Proposal {
  readonly plan: PlanId;
  readonly head: CommitId;
  readonly branch: string;
  readonly title: string;
  readonly goal: string;
  /** Task titles, in order. */
  readonly tasks: readonly string[];
  /** Plans that have to be merged before it. */
  readonly restsOn: readonly PlanId[];
}

/** Runs a program to its end, in the repository's top; code undefined when it could not start. */
export type RunProgram = (argv: readonly string[], cwd: string) => Promise<{ readonly code: number | undefined; readonly stdout: string; readonly stderr: string }>;

/** Pushes and proposes; a plan that has its request already keeps it. Ends at the first that is refused: those behind rest on it or come later. */
export async function proposePlans(repository: Repository, target: string, proposals: readonly Proposal[], run: RunProgram): Promise<readonly LandingEvent[]> {
  const remote = await remoteFor(repository, target);
  if (!remote.ok) return [{ kind: 'landing.refused', failure: remote.error }];
  const tool = await findTool(repository, run);
  const events: LandingEvent[] = [];
  for (const proposal of proposals) {
    const refusal = await pushBranch(repository, remote.value.remote, proposal);
    if (refusal !== undefined) return [...events, { kind: 'landing.refused', failure: refusal }];
    const base = remote.value.ref.replace(/^refs\/heads\//, '');
    const opened = tool === undefined ? ok('') : await open(repository, tool, base, proposal, run);
    if (!opened.ok) return [...events, { kind: 'landing.refused', failure: opened.error }];
    events.push({ kind: 'landing.proposed', plan: proposal.plan, head: proposal.head, url: opened.value });
  }
  return events;
}

/** The text of a request: goal, tasks, and what has to be merged first. */
export function requestBody(proposal: Proposal): string {
  const parts = [
    proposal.goal.trim(),
    proposal.tasks.length > 0 ? `### Tasks\n\n${proposal.tasks.slice(0, 200).map((task) => `- [x] ${task.replace(/\s+/g, ' ')}`).join('\n')}` : '',
    proposal.restsOn.length > 0 ? `Merge first: ${proposal.restsOn.map((plan) => `plan ${plan}`).join(', ')}.` : '',
    `Plan ${proposal.plan}, branch ${proposal.branch}.`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

async function remoteFor(repository: Repository, name: string): Promise<Result<RemoteBranch, Failure>> {
  const target = await findTarget(repository, name);
  const remote = target === undefined ? undefined : target.kind === 'remote' ? target.branch : await upstreamOf(repository, target);
  return remote === undefined ? err(blocked('target-no-upstream', `${name} has no remote branch that a pull request could be opened against`, 'Add a remote, or set landing.pullRequests: false.')) : ok(remote);
}

/** A branch of the same name that holds other work is never overwritten. */
async function pushBranch(repository: Repository, remote: string, proposal: Proposal): Promise<Failure | undefined> {
  const ref = `refs/heads/${proposal.branch}`;
  const listed = await tryGit(['ls-remote', '--', remote, ref], { ...repository.place, timeout: networkTimeout });
  if (listed.code !== 0) return blocked('push-failed', `${remote} does not answer: ${lastLines(listed.stderr)}`, `Check git ls-remote ${remote}.`);
  const [there] = listed.stdout.split('\t');
  if (there === proposal.head) return undefined;
  // Without --force a branch only goes forward.
  const pushed = await tryGit(['push', '--porcelain', '--no-follow-tags', '--recurse-submodules=no', '--', remote, `${proposal.head}:${ref}`], { ...repository.place, hooks: true, timeout: networkTimeout });
  if (pushed.code === 0) return undefined;
  return blocked('push-rejected', `${remote} does not take ${proposal.branch}: ${lastLines(`${pushed.stdout}\n${pushed.stderr}`)}`, `If ${remote}/${proposal.branch} holds work of others, bring it in first; then run it again.`);
}

const networkTimeout = 5 * 60_000;

/** A forge's program, and how it is spoken to. */
type Tool = 'gh' | 'glab';

async function findTool(repository: Repository, run: RunProgram): Promise<Tool | undefined> {
  for (const tool of ['gh', 'glab'] as const) {
    const cwd = repository.main ?? repository.commonDir;
    if ((await run([tool, 'repo', 'view'], cwd)).code === 0) return tool;
  }
  return undefined;
}

async function open(repository: Repository, tool: Tool, base: string, proposal: Proposal, run: RunProgram): Promise<Result<string, Failure>> {
  const cwd = repository.main ?? repository.commonDir;
  const known = await run(tool === 'gh' ? ['gh', 'pr', 'view', proposal.branch, '--json', 'url,state', '--jq', 'select(.state=="OPEN").url'] : ['glab', 'mr', 'view', proposal.branch, '--output', 'json'], cwd);
  const found = known.code === 0 ? urlIn(known.stdout) : undefined;
  if (found !== undefined) return ok(found);
  const title = `${proposal.plan}: ${proposal.title}`.replace(/\s+/g, ' ').slice(0, 200);
  const body = requestBody(proposal);
  const argv =
    tool === 'gh'
      ? ['gh', 'pr', 'create', '--base', base, '--head', proposal.branch, '--title', title, '--body', body]
      : ['glab', 'mr', 'create', '--target-branch', base, '--source-branch', proposal.branch, '--title', title, '--description', body, '--yes'];
  const created = await run(argv, cwd);
  if (created.code === 0) return ok(urlIn(created.stdout) ?? '');
  return err(blocked('pull-request-refused', `${tool} did not open a request for plan ${proposal.plan}: ${lastLines(created.stderr)}`, `The branch ${proposal.branch} is pushed; open the request by hand, or run it again.`));
}

function urlIn(text: string): string | undefined {
  return /https?:\/\/[^\s"]+/.exec(text)?.[0];
}

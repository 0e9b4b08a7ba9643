/** Which branch commits a squashed or rebased history says it holds: git itself sees nothing in common there. */
import type { CommitId } from '../model/ids.js';
import { git } from './git.js';
import type { Repository } from './repository.js';

/** Names the branch commit whose work a landed commit holds. */
export const headTrailer = 'Plan-Head';

const logLimit = 5_000;
/** More parents make no commit stranger, but merge bases slower. */
const headLimit = 200;

/** The branch commits that commits in `onto` say they hold, as far as `heads` do not contain those; reverted ones hold nothing. One git process. */
export async function heldHeads(repository: Repository, onto: CommitId, heads: readonly CommitId[]): Promise<readonly CommitId[]> {
  const format = `%x01%H%x02%(trailers:key=${headTrailer},valueonly,separator=%x2C)%x02%b`;
  const range = [onto, ...heads.map((head) => `^${head}`)].join('\n');
  const log = await git(['log', `--max-count=${logLimit}`, '--no-show-signature', `--format=${format}`, '--stdin'], { ...repository.place, input: `${range}\n` });
  const held: { readonly commit: string; readonly heads: readonly string[] }[] = [];
  const reverted = new Set<string>();
  for (const record of log.split('\x01').slice(1)) {
    const [commit = '', trailers = '', body = ''] = record.split('\x02');
    for (const match of body.matchAll(/^This reverts commit ([0-9a-f]{40,64})\b/gm)) reverted.add(match[1] as string);
    const named = trailers.split(',').map((value) => value.trim()).filter((value) => /^[0-9a-f]{40,64}$/.test(value));
    if (named.length > 0) held.push({ commit, heads: named });
  }
  const found: CommitId[] = [];
  for (const { commit, heads: named } of held) {
    if (reverted.has(commit)) continue;
    for (const head of named) if ((await repository.objects.info(`${head}^{commit}`))?.id === head) found.push(head);
  }
  return [...new Set(found)].slice(0, headLimit);
}

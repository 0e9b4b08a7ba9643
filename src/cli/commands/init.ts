import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { err, ok, type Result } from '../../base/result.js';
import { currentBranch } from '../../git/preflight.js';
import { discoverPlans, writeManifest } from '../../manifest/init.js';
import type { Failure } from '../../model/failure.js';
import { count, printable } from '../../status/printable.js';
import { commandWord } from '../../status/run-command.js';
import { defineCommand, type Answer } from '../command.js';
import { withRepository } from '../context.js';
import { packageFolder } from '../package-folder.js';
import { topOf } from '../top.js';
import { outsideRepository, usageFailure } from '../usage.js';

/** `plan init`. */
export const command = defineCommand({
  name: 'init',
  description: 'Finds the plan files of the repository in their usual places and writes a manifest with comments: ids, branches, dependencies that texts suggest, files that several tasks name. Overwrites nothing without --force.',
  positionals: [{ name: 'manifest', describe: 'where to write it; default: plan.yml', completes: 'file' }],
  options: { force: { type: 'boolean', describe: 'overwrite' }, print: { type: 'boolean', describe: 'only print it' } },
  async run(given, context) {
    const answer = await withRepository(context, async (repository): Promise<Result<Answer, readonly Failure[]>> => {
      const top = await topOf(repository);
      const file = given.words[0] ?? 'plan.yml';
      const absolute = path.resolve(context.folder, file);
      const relative = path.relative(top, absolute).split(path.sep).join('/');
      if (relative.startsWith('..')) return err([outsideRepository(file)]);
      const branch = await currentBranch(repository, top);
      const discovery = await discoverPlans(top);
      const template = await readFile(path.join(packageFolder(), 'templates', 'manifest.yml'), 'utf8');
      const text = writeManifest({ discovery, manifest: relative, target: branch.ok ? branch.value : 'main', template });
      const json = { manifest: relative, plans: discovery.plans.map(({ id, file: found, tag, document }) => ({ id, file: found, ...(tag === undefined ? {} : { tag }), format: document.format })), passedOver: discovery.passedOver };
      if (given.print) return ok({ json: { ...json, text }, text: text.trimEnd() });
      try {
        await writeFile(absolute, text, { flag: given.force ? 'w' : 'wx' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return err([usageFailure('file-exists', `${JSON.stringify(file)} is there already`, '--force overwrites it, --print only shows what would be written')]);
        throw error;
      }
      const passed = discovery.passedOver.map(({ file: other, reason }) => `  passed over ${printable(other)}: ${printable(reason)}`);
      return ok({ json, text: [`wrote ${printable(file)} with ${count(discovery.plans.length, 'plan')}`, ...passed.slice(0, 20), `look at it, then: plan check ${commandWord(file)}`].join('\n') });
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

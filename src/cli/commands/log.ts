import { ok, type Result } from '../../base/result.js';
import type { Failure } from '../../model/failure.js';
import { iso } from '../../status/json.js';
import { storyLine, storyText, type StoryLine } from '../../status/story.js';
import { defineCommand, type Answer } from '../command.js';
import { withCommonDir } from '../common-dir.js';
import { requireRun, runOption } from '../runs.js';

/** `plan log`. */
export const command = defineCommand({
  name: 'log',
  description: 'Tells what happened in a run, oldest first: what started, what was committed, what failed and why, what was published, verified and landed, what people asked for.',
  positionals: [{ name: 'about', describe: 'a plan, phase or task: only what concerns it', completes: 'node' }],
  options: {
    ...runOption,
    all: { type: 'boolean', describe: 'intents and passed attempts too' },
    last: { type: 'number', alias: 'n', requiresArg: true, describe: 'only the last so many lines' },
  },
  async run(given, context) {
    const [about] = given.words;
    const answer = await withCommonDir(context, async (commonDir): Promise<Result<Answer, readonly Failure[]>> => {
      const lines: StoryLine[] = [];
      const loaded = await requireRun(commonDir, given.run, (entry, state) => {
        const line = storyLine(entry, state, { all: given.all ?? false, ...(about === undefined ? {} : { about }) });
        if (line !== undefined) lines.push(line);
      });
      if (!loaded.ok) return loaded;
      const shown = given.last === undefined ? lines : lines.slice(-Math.max(0, given.last));
      const json = { run: loaded.value.paths.run, story: shown.map(({ seq, at, subject, words, tone }) => ({ seq, at: iso(at), subject, words, tone })) };
      return ok({ json, text: storyText(shown, { paint: context.paint, ...(context.terminal.live ? { columns: context.terminal.columns() } : {}) }) });
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

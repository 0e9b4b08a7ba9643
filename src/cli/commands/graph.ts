import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { dot, drawPhases, drawTasks, mermaid } from '../../status/graph-drawing.js';
import { graphSvg } from '../../status/graph-svg.js';
import { printable } from '../../status/printable.js';
import { defineCommand, type Answer } from '../command.js';
import { planFileOptions, withLoaded } from '../load.js';
import { requirePlanFile } from '../current-plan.js';

/** `plan graph`. */
export const command = defineCommand({
  name: 'graph',
  description: 'Draws what waits for what, phase by phase or task by task: Mermaid for a Markdown page, DOT for Graphviz, or a picture as SVG. Edges that others imply are left out.',
  positionals: [{ name: 'file', describe: 'a manifest or plan file; default: --plan, $PLAN, or what `plan use` chose', completes: 'file' }],
  options: {
    plan: { type: 'string', requiresArg: true, describe: 'a plan file' },
    ...planFileOptions,
    as: { type: 'string', choices: ['mermaid', 'dot', 'svg'], describe: 'how; default mermaid' },
    tasks: { type: 'boolean', describe: 'task by task' },
    output: { type: 'string', alias: 'o', requiresArg: true, describe: 'write it into this file; its ending says how' },
  },
  examples: [
    ['plan graph release.yml', ''],
    ['plan graph release.yml --tasks -o graph.svg', ''],
  ],
  async run(given, context) {
    const file = await requirePlanFile(given.words[0] ?? given.plan, context);
    if (!file.ok) return { failures: file.error };
    const answer = await withLoaded({ file: file.value, format: given.format, tag: given.tag }, context, ({ orchestration, graph }): Answer => {
      const drawing = (given.tasks ? drawTasks : drawPhases)(orchestration, graph);
      const as = given.as ?? byEnding(given.output) ?? 'mermaid';
      const text = as === 'svg' ? graphSvg(drawing, orchestration.manifest) : as === 'dot' ? dot(drawing) : mermaid(drawing);
      if (given.output !== undefined) writeFileSync(path.resolve(context.folder, given.output), `${text}\n`);
      const json = { nodes: drawing.nodes, edges: drawing.edges.map(([from, to]) => ({ from: drawing.nodes[from]?.id, to: drawing.nodes[to]?.id })) };
      return { json, text: given.output === undefined ? text : `wrote ${printable(given.output)}` };
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

function byEnding(file: string | undefined): 'svg' | 'dot' | undefined {
  if (file?.endsWith('.svg')) return 'svg';
  return file?.endsWith('.dot') || file?.endsWith('.gv') ? 'dot' : undefined;
}

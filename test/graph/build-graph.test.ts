import { buildGraph } from '../../src/graph/build-graph.js';
import type { Graph } from '../../src/graph/graph.js';
import { orchestrationOf, type PlanWords } from './orchestration-of.js';
import type { Settings } from '../../src/model/orchestration.js';

function graphOf(plans: Readonly<Record<string, PlanWords>>, settings: Partial<Settings> = {}): Graph {
  const built = buildGraph(orchestrationOf(plans, settings));
  if (!built.ok) throw new Error(built.error.map((cycle) => cycle.path.join(' → ')).join('; '));
  return built.value;
}

test('speed', () => {
  const phases = Array.from({ length: 100 }, (_, p) => ({ tasks: Array.from({ length: 1000 }, (_, t) => `${p + 1}.${t + 1}`) }));
  const o = orchestrationOf({ A: { phases } });
  const s = performance.now();
  buildGraph(o);
  console.log(performance.now() - s);
  graphOf({A:{phases:[{tasks:['1.1','1.2']}]}, B:{depends:['A.phase1'],phases:[{tasks:['1.1']}]}});
});

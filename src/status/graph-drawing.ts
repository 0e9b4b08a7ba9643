/** What waits for what, as something to draw: nodes grouped by plan, and the edges between them without those that others imply. */
import type { Graph, GraphNode } from '../graph/graph.js';
import type { PlanId } from '../model/ids.js';
import type { Orchestration } from '../model/orchestration.js';
import { count, fit, printable } from './printable.js';

/** A graph fit for drawing. Nodes are in topological order; edges are index pairs. */
export interface Drawing {
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly (readonly [from: number, to: number])[];
}

export interface DrawnNode {
  readonly id: string;
  readonly label: string;
  readonly plan: PlanId;
  readonly kind: 'phase' | 'task' | 'verify' | 'gate' | 'plan' | 'landed';
}

/** Beyond this many nodes edges that others imply are not looked for: it would take quadratic time. */
const mostReduced = 2000;

/** One node for each phase: the picture of the whole that fits a screen. Ends and landings of plans appear where others wait for them. */
export function drawPhases(orchestration: Orchestration, graph: Graph): Drawing {
  const titles = new Map(orchestration.plans.flatMap((plan) => plan.phases.map((phase) => [`${plan.id}.phase${phase.id}`, `${phase.id} ${phase.title} · ${count(phase.tasks.length, 'task')}`] as const)));
  return contract(graph, (node) => {
    if (node.phase !== undefined) return { id: `${node.plan}.phase${node.phase}`, label: titles.get(`${node.plan}.phase${node.phase}`) ?? `phase ${node.phase}`, plan: node.plan, kind: 'phase' };
    if (node.kind === 'plan') return { id: node.id, label: `${node.plan} complete`, plan: node.plan, kind: 'plan' };
    if (node.kind === 'landed') return { id: node.id, label: `${node.plan} landed`, plan: node.plan, kind: 'landed' };
    return undefined;
  });
}

/** One node for each task and verify; gates between phases stay as small nodes, so that a barrier is not n × m edges. */
export function drawTasks(orchestration: Orchestration, graph: Graph): Drawing {
  const titles = new Map(orchestration.plans.flatMap((plan) => plan.phases.flatMap((phase) => phase.tasks.map((task) => [task.id as string, task.title] as const))));
  return contract(graph, (node) => {
    const local = node.id.slice(node.plan.length + 1);
    switch (node.kind) {
      case 'task':
        return { id: node.id, label: `${local} ${titles.get(node.id) ?? ''}`, plan: node.plan, kind: 'task' };
      case 'verify':
        return { id: node.id, label: local, plan: node.plan, kind: 'verify' };
      case 'phase':
        return { id: node.id, label: local, plan: node.plan, kind: 'gate' };
      case 'plan':
        return { id: node.id, label: `${node.plan} complete`, plan: node.plan, kind: 'plan' };
      case 'landed':
        return { id: node.id, label: `${node.plan} landed`, plan: node.plan, kind: 'landed' };
      default:
        return undefined;
    }
  });
}

/** Nodes of the graph mapped to what is drawn (several may become one); those mapped to nothing are bridged. */
function contract(graph: Graph, drawnAs: (node: GraphNode) => DrawnNode | undefined): Drawing {
  const nodes: DrawnNode[] = [];
  const indexOf = new Map<string, number>();
  /** For each graph node: what stands for it as something waited for. */
  const ends: (readonly number[])[] = [];
  const edges = new Set<string>();
  const pairs: [number, number][] = [];
  for (const [index, node] of graph.nodes.entries()) {
    const before = [...new Set((graph.before[index] ?? []).flatMap((one) => ends[one] ?? []))];
    const drawn = drawnAs(node);
    if (drawn === undefined) {
      ends[index] = before;
      continue;
    }
    let at = indexOf.get(drawn.id);
    if (at === undefined) {
      at = nodes.push(drawn) - 1;
      indexOf.set(drawn.id, at);
    }
    ends[index] = [at];
    for (const from of before) {
      if (from === at || edges.has(`${from} ${at}`)) continue;
      edges.add(`${from} ${at}`);
      pairs.push([from, at]);
    }
  }
  return withoutIdle({ nodes, edges: nodes.length > mostReduced ? pairs : reduced(nodes.length, pairs) });
}

/** Ends and landings of plans for which nothing of another plan waits say nothing new. */
function withoutIdle(drawing: Drawing): Drawing {
  const awaited = new Set(drawing.edges.filter(([from, to]) => drawing.nodes[from]?.plan !== drawing.nodes[to]?.plan && !['landed'].includes(drawing.nodes[to]?.kind ?? '')).map(([from]) => from));
  // A plan's end leads to its landing: where that is awaited, both stay.
  for (const [from, to] of drawing.edges) if (awaited.has(to) && drawing.nodes[to]?.kind === 'landed') awaited.add(from);
  const kept = drawing.nodes.map((node, index) => (node.kind !== 'plan' && node.kind !== 'landed') || awaited.has(index));
  const moved = new Map<number, number>();
  const nodes = drawing.nodes.filter((_, index) => kept[index]);
  let next = 0;
  for (const index of drawing.nodes.keys()) if (kept[index]) moved.set(index, next++);
  const edges = drawing.edges.flatMap(([from, to]) => {
    const [a, b] = [moved.get(from), moved.get(to)];
    return a === undefined || b === undefined ? [] : [[a, b] as const];
  });
  return { nodes, edges };
}

/** The edges without those that a longer way implies. Contraction may have made circles; edges on them stay. */
function reduced(size: number, pairs: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const next: number[][] = Array.from({ length: size }, () => []);
  for (const [from, to] of pairs) next[from]?.push(to);
  return pairs.filter(([from, to]) => {
    const seen = new Set<number>([to]);
    const stack = (next[from] ?? []).filter((one) => one !== to);
    while (stack.length > 0) {
      const at = stack.pop() ?? 0;
      for (const one of next[at] ?? []) {
        if (one === to && at !== from) return false;
        if (one === from || seen.has(one)) continue;
        seen.add(one);
        stack.push(one);
      }
    }
    return true;
  });
}

function byPlan(drawing: Drawing): Map<PlanId, number[]> {
  const groups = new Map<PlanId, number[]>();
  for (const [index, { plan }] of drawing.nodes.entries()) groups.set(plan, [...(groups.get(plan) ?? []), index]);
  return groups;
}

/** The drawing as Mermaid, ready for a Markdown fence. */
export function mermaid(drawing: Drawing): string {
  const lines = ['flowchart LR'];
  const quoted = (text: string): string => `"${fit(printable(text), 60).replace(/[#"<>&`\\]/g, (sign) => `#${sign.charCodeAt(0)};`)}"`;
  let group = 0;
  for (const [plan, members] of byPlan(drawing)) {
    lines.push(`  subgraph p${group++}[${quoted(plan)}]`);
    for (const index of members) {
      const node = drawing.nodes[index];
      if (node === undefined) continue;
      const label = quoted(node.label);
      const shape = node.kind === 'gate' ? `(${label})` : node.kind === 'verify' ? `{{${label}}}` : node.kind === 'plan' || node.kind === 'landed' ? `([${label}])` : `[${label}]`;
      lines.push(`    n${index}${shape}`);
    }
    lines.push('  end');
  }
  for (const [from, to] of drawing.edges) lines.push(`  n${from} --> n${to}`);
  return lines.join('\n');
}

/** The drawing in Graphviz' language. */
export function dot(drawing: Drawing): string {
  const quoted = (text: string): string => `"${printable(text).replace(/["\\]/g, '\\$&')}"`;
  const lines = ['digraph plan {', '  rankdir=LR;', '  node [shape=box, style=rounded, fontname="Helvetica"];'];
  let group = 0;
  for (const [plan, members] of byPlan(drawing)) {
    lines.push(`  subgraph cluster_${group++} {`, `    label=${quoted(plan)};`);
    for (const index of members) {
      const node = drawing.nodes[index];
      if (node === undefined) continue;
      const shape = node.kind === 'gate' ? ', shape=point, xlabel=' + quoted(node.label) : node.kind === 'verify' ? ', shape=hexagon' : node.kind === 'plan' || node.kind === 'landed' ? ', shape=oval' : '';
      lines.push(`    ${quoted(node.id)} [label=${quoted(node.label)}${shape}];`);
    }
    lines.push('  }');
  }
  for (const [from, to] of drawing.edges) lines.push(`  ${quoted(drawing.nodes[from]?.id ?? '')} -> ${quoted(drawing.nodes[to]?.id ?? '')};`);
  lines.push('}');
  return lines.join('\n');
}

/** Orchestrations for tests of the graph, written in a few words. */

import { allFeatures } from '../../src/manifest/parse-settings.js';
import type { NodeId } from '../../src/model/ids.js';
import type { Orchestration, Phase, Plan, Settings, Task } from '../../src/model/orchestration.js';

export type TaskWords = Partial<Omit<Task, 'id'>> & { readonly id: string };
export type PhaseWords = Partial<Omit<Phase, 'tasks'>> & { readonly tasks?: readonly (string | TaskWords)[] };
export type PlanWords = Partial<Omit<Plan, 'phases'>> & { readonly phases: readonly PhaseWords[] };

export function settingsOf(change: Partial<Settings> = {}): Settings {
  return {
    limits: { tasks: 4, pools: {} },
    landing: {
      mode: 'all-or-nothing',
      strategy: 'merge',
      onConflict: 'stop',
      onFailure: 'hold',
      approve: 'auto',
      push: false,
      pullRequests: false,
      speculation: 1,
      deleteBranches: false,
    },
    features: allFeatures,
    execution: { '': { executor: { kind: 'shell' }, stuckSeconds: 1800, retries: 0, env: {} } },
    copy: [],
    planVerify: {},
    failFast: false,
    perPlan: 4,
    secrets: [],
    commit: { hooks: true },
    ...change,
  };
}

/** Plans by id; phases get ids from 1 and tasks are named inside their plan: `1.1`, or an object with more to say. */
export function orchestrationOf(plans: Readonly<Record<string, PlanWords>>, settings: Partial<Settings> = {}): Orchestration {
  return {
    manifest: 'manifest.yml',
    digest: 'digest',
    target: 'main',
    plans: Object.entries(plans).map(([id, words]) => planOf(id, words)),
    settings: settingsOf(settings),
  };
}

function planOf(id: string, { phases, ...rest }: PlanWords): Plan {
  return {
    id,
    file: `plans/${id}.md`,
    fileDigest: 'digest',
    format: 'native',
    title: id,
    goal: '',
    branch: `plan/${id}`,
    priority: 50,
    depends: [],
    ...rest,
    phases: phases.map(({ tasks, ...phase }, at) => ({
      id: String(at + 1),
      title: '',
      parallel: false,
      order: 'free',
      depends: [],
      sequences: [],
      verifies: [],
      ...phase,
      tasks: (tasks ?? []).map((words) => taskOf(id, typeof words === 'string' ? { id: words } : words)),
    })),
  };
}

function taskOf(plan: string, { id, ...rest }: TaskWords): Task {
  const own = (nodes: readonly NodeId[]): readonly NodeId[] => nodes.map((node) => (/^(\d|phase)/.test(node) ? `${plan}.${node}` : node));
  return {
    title: id,
    line: 1,
    done: false,
    kind: 'task',
    group: [],
    body: '',
    parallel: false,
    files: [],
    uses: {},
    changesNothing: false,
    depends: [],
    ...rest,
    ...(rest.after === undefined ? {} : { after: own(rest.after) }),
    id: `${plan}.${id}`,
  };
}

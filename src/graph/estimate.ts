/** How long a task is expected to take. Wrong guesses cost time, never correctness: estimates only order ready work. */

import type { NodeId } from '../model/ids.js';
import type { Task } from '../model/orchestration.js';
import type { TaskSize } from '../model/plan-document.js';

/** Seconds that a stated size stands for. */
const secondsOfSize: Readonly<Record<TaskSize, number>> = { S: 300, M: 900, L: 2700, XL: 7200 };

/** Seconds expected of a verification that has never run. */
const secondsOfVerify = 60;
const secondsOfScript = 60;
const secondsOfText = 300;
const secondsPerLine = 60;
const longestGuess = 2700;

/** Seconds measured in earlier runs, by node. */
export type LearnedSeconds = ReadonlyMap<NodeId, number>;

/**
 * The first that is known: the estimate given, what earlier runs took, the size given, a guess from the text
 * (a script 1 minute; else 5 minutes and 1 more for each line of the task's body, at most 45). A done task takes none.
 */
export function estimateSeconds(task: Task, learned: LearnedSeconds | undefined): number {
  if (task.done) return 0;
  const known = task.estimateSeconds ?? learned?.get(task.id);
  if (known !== undefined) return known;
  if (task.size !== undefined) return secondsOfSize[task.size];
  if (task.script !== undefined) return secondsOfScript;
  return Math.min(longestGuess, secondsOfText + secondsPerLine * linesOf(task.body));
}

/** What a verification is expected to take. */
export function estimateVerify(id: NodeId, learned: LearnedSeconds | undefined): number {
  return learned?.get(id) ?? secondsOfVerify;
}

function linesOf(body: string): number {
  let lines = 0;
  for (const line of body.split('\n')) if (line.trim() !== '') lines++;
  return lines;
}

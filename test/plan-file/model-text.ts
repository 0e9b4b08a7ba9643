/** A document as lines of text, so that a table test reads like the plan. */
import type { DocumentTask, PlanDocument, Reference } from '../../src/model/plan-document.js';

function referenceText(reference: Reference): string {
  const { to, plan } = reference;
  const name = to.kind === 'phase' ? `phase${to.id}` : to.kind === 'task' ? to.id : to.kind === 'landed' ? 'landed' : '';
  return [plan, name].filter((part) => part).join('.');
}

function taskText(task: DocumentTask): string {
  const parts = [`${task.done ? 'x' : '-'} ${task.id} ${task.kind === 'verify' ? 'VERIFY ' : ''}«${task.title}»`];
  if (task.parallel) parts.push('parallel');
  if (task.optional) parts.push('optional');
  if (task.depends) parts.push(`depends=${task.depends.map(referenceText).join(',') || 'none'}`);
  if (task.files.length > 0) parts.push(`files=${task.files.map((file) => file.path + (file.stated ? '!' : '')).join(',')}`);
  if (task.size) parts.push(`size=${task.size}`);
  if (task.estimateSeconds) parts.push(`estimate=${task.estimateSeconds}`);
  if (task.timeoutSeconds) parts.push(`timeout=${task.timeoutSeconds}`);
  if (task.retries !== undefined) parts.push(`retries=${task.retries}`);
  if (Object.keys(task.uses).length > 0) parts.push(`uses=${JSON.stringify(task.uses)}`);
  if (task.changesNothing) parts.push('changes=none');
  if (task.script !== undefined) parts.push(`script=${JSON.stringify(task.script)}`);
  if (task.group.length > 0) parts.push(`in ${task.group.join(' / ')}`);
  return parts.join(' ');
}

/** Every phase, task and remark, one line each. */
export function modelText(document: PlanDocument, name?: string): string {
  const lines = [
    `${document.format}: «${document.title}»${name === undefined ? '' : ` tag ${name}`}${document.goal === undefined ? '' : ` goal «${document.goal}»`}`,
  ];
  for (const suggestion of document.suggestions)
    lines.push(`suggests ${suggestion.file} at ${suggestion.place.line}:${suggestion.place.column}`);
  if (document.waves) lines.push(`waves ${document.waves.map((wave) => wave.join(' ')).join(' | ')}`);
  for (const phase of document.phases) {
    const start = phase.pipelineStart;
    const extras = [
      phase.order,
      phase.parallel ? 'parallel' : '',
      phase.depends ? `depends=${phase.depends.map(referenceText).join(',')}` : '',
      start ? `start=${'when' in start ? referenceText(start.when) : `${start.percent}%`}` : '',
      ...phase.sequences.map((chain) => `chain=${chain.join('>')}`),
    ];
    lines.push(`phase ${phase.id} «${phase.title}» ${extras.filter((part) => part !== '').join(' ')}`);
    for (const task of phase.tasks) lines.push(`  ${taskText(task)}`);
    for (const verify of phase.verifies) {
      lines.push(
        `  verify ${verify.blocking ? 'blocking' : 'background'} ${verify.criteria.map((one) => `«${one}»`).join(' ')}${verify.script === undefined ? '' : ` script=${JSON.stringify(verify.script)}`}`,
      );
    }
  }
  for (const one of document.diagnostics) lines.push(`${one.severity} ${one.line}:${one.column} ${one.code}`);
  return `${lines.join('\n')}\n`;
}

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert } from '../base/assert.js';

/** The folder of the installed package, where templates and examples are: the nearest above this file that bears its name. */
export function packageFolder(): string {
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'package.json');
    if (existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }).name === 'plan-orchestrator') return folder;
    assert(folder !== path.dirname(folder), 'the program lies outside its package');
  }
}

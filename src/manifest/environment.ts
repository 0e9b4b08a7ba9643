/** Settings from environment variables: `PLAN_LIMITS_TASKS=2`, `PLAN_LANDING_ON_CONFLICT=skip`, `PLAN_FEATURES_RADAR=off`. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { layerSchema } from './schema.js';
import { Written } from './source.js';

/** The sections and keys that a variable can set, by the variable's name. */
function variables(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>([['PLAN_TARGET', ['target']]]);
  for (const section of ['defaults', 'limits', 'landing', 'features'] as const) {
    const schema = layerSchema.shape[section].unwrap();
    for (const [key, field] of Object.entries<z.ZodType>(schema.shape)) {
      const inner: unknown = field instanceof z.ZodOptional ? field.unwrap() : field;
      if (inner instanceof z.ZodArray || inner instanceof z.ZodRecord || inner instanceof z.ZodObject) continue;
      found.set(variableOf(section, key), [section, key]);
    }
  }
  return found;
}

function variableOf(section: string, key: string): string {
  return `PLAN_${section}_${key.replace(/[A-Z]/g, (letter) => `_${letter}`)}`.toUpperCase();
}

/** Variables that decide what a test finds and how it behaves; all others would make every new terminal a new environment. */
const decisive = ['PATH', 'CI', 'NODE_ENV', 'NODE_OPTIONS', 'PYTHONPATH', 'VIRTUAL_ENV', 'JAVA_HOME', 'GOFLAGS', 'RUSTFLAGS', 'LANG', 'LC_ALL', 'TZ'];

/** Short digest of what of the environment the answer of a verify command hangs on. */
export function verifyEnvironment(environment: Readonly<Record<string, string | undefined>>): string {
  return createHash('sha256').update(JSON.stringify(decisive.map((name) => environment[name] ?? null))).digest('hex').slice(0, 12);
}

/** What the environment says, as a value to be checked like any other; undefined where it says nothing. */
export function layerOfEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, unknown> | undefined {
  const layer: Record<string, unknown> = {};
  for (const [variable, [section = '', key]] of variables()) {
    const text = environment[variable];
    if (text === undefined || text === '') continue;
    if (key === undefined) layer[section] = text;
    else layer[section] = { ...(layer[section] as object | undefined), [key]: written(text) };
  }
  return Object.keys(layer).length === 0 ? undefined : layer;
}

function written(text: string): unknown {
  if (/^-?\d+(\.\d+)?$/.test(text)) return new Written(Number(text), text);
  if (/^(true|on|yes)$/i.test(text)) return new Written(true, text);
  return /^(false|off|no)$/i.test(text) ? new Written(false, text) : text;
}

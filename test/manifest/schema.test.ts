import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { manifestJsonSchema } from '../../src/manifest/schema.js';

test('docs/manifest.schema.json is the schema that manifests are checked against', async () => {
  const published = await readFile(path.resolve(import.meta.dirname, '../../docs/manifest.schema.json'), 'utf8');
  // To bring it up to date: node bin/plan.js schema > docs/manifest.schema.json
  expect(`${JSON.stringify(manifestJsonSchema(), null, 2)}\n`).toBe(published);
});

test('every key has a description or speaks for itself, and objects are closed', () => {
  const schema = manifestJsonSchema() as { additionalProperties?: unknown; properties: Record<string, { additionalProperties?: unknown; type?: string }> };
  expect(schema.additionalProperties).toBe(false);
  expect(Object.keys(schema.properties)).toEqual(['version', 'target', 'defaults', 'limits', 'landing', 'features', 'secrets', 'prompts', 'notify', 'include', 'plans']);
  for (const key of ['defaults', 'limits', 'landing', 'features']) expect(schema.properties[key]?.additionalProperties).toBe(false);
});

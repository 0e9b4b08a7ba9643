import { nearestName } from '../../base/text.js';
import { manifestJsonSchema } from '../../manifest/schema.js';
import { checkSchemaJson, eventsSchemaJson, simulateSchemaJson, statusSchemaJson } from '../../status/schemas.js';
import { defineCommand } from '../command.js';
import { usageFailure } from '../usage.js';

const schemas: Readonly<Record<string, () => object>> = {
  manifest: manifestJsonSchema,
  status: () => statusSchemaJson,
  events: () => eventsSchemaJson,
  check: () => checkSchemaJson,
  simulate: () => simulateSchemaJson,
};

/** `plan schema`. */
export const command = defineCommand({
  name: 'schema',
  description: 'Prints a JSON Schema: of the manifest, for editors; of what `status --json`, `--events`, `check --json` and `simulate --json` print, for programs.',
  positionals: [{ name: 'of', describe: `${Object.keys(schemas).join(', ')}; default manifest` }],
  options: {},
  examples: [['plan schema > manifest.schema.json', '# yaml-language-server: $schema=manifest.schema.json']],
  run(given) {
    const [name = 'manifest'] = given.words;
    const make = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    if (make === undefined) {
      const meant = nearestName(name, Object.keys(schemas));
      return Promise.resolve({ failures: [usageFailure('unknown-schema', `there is no schema of ${JSON.stringify(name)}`, meant === undefined ? `one of ${Object.keys(schemas).join(', ')}` : `did you mean \`${meant}\`?`)] });
    }
    const schema = make();
    return Promise.resolve({ json: schema, text: JSON.stringify(schema, null, 2) });
  },
});

/** Every fixture against the model written beside it: `tasks.md` and `tasks.md.txt`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPlanFile } from '../../src/plan-file/readers.js';
import { modelText } from './model-text.js';

const root = join(dirname(fileURLToPath(import.meta.url)), 'fixtures');
const cases = readdirSync(root).flatMap((format) =>
  readdirSync(join(root, format))
    .filter((file) => !file.endsWith('.txt'))
    .map((file) => ({ format, file, path: join(root, format, file) })),
);

function read(text: string, file: string): string {
  return readPlanFile(text, { path: file })
    .map(({ name, document }) => modelText(document, name))
    .join('\n');
}

describe('every format', () => {
  test.each(cases)('$format/$file gives its model', ({ path, file, format }) => {
    const text = readFileSync(path, 'utf8');
    const model = read(text, file);
    if (process.env['WRITE_MODELS']) writeFileSync(`${path}.txt`, model);
    expect(model).toBe(readFileSync(`${path}.txt`, 'utf8'));
    expect(model.startsWith(`${format}:`)).toBe(true);
  });

  test.each(cases)('$format/$file is the same with CRLF, a BOM and no final newline', ({ path, file }) => {
    const text = readFileSync(path, 'utf8');
    const expected = readFileSync(`${path}.txt`, 'utf8');
    expect(read(text.replace(/\n/g, '\r\n'), file)).toBe(expected);
    expect(read(`\ufeff${text}`, file)).toBe(expected);
    expect(read(text.trimEnd(), file)).toBe(expected);
  });
});

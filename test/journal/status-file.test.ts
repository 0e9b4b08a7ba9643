import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openStatusFile, readStatusFile } from '../../src/journal/status-file.js';
import { ManualClock } from '../rig/manual-clock.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
let files = 0;
const newFile = (): string => join(folder, `status-${files++}.json`);

test('versions grow, across openings too, and the last picture is there', async () => {
  const path = newFile();
  const clock = new ManualClock();
  const status = await openStatusFile(path, clock);
  status.publish(() => ({ step: 1 }));
  await status.flush();
  status.publish(() => ({ step: 2 }));
  await status.flush();
  expect(await readStatusFile(path)).toEqual({ version: 2, picture: { step: 2 } });
  const again = await openStatusFile(path, clock);
  again.publish(() => ({ step: 3 }));
  await again.flush();
  expect(await readStatusFile(path)).toEqual({ version: 3, picture: { step: 3 } });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('many changes are drawn once', async () => {
  const clock = new ManualClock();
  const status = await openStatusFile(newFile(), clock);
  let drawn = 0;
  for (let step = 0; step < 1000; step++) status.publish(() => ({ drawn: ++drawn }));
  expect(drawn).toBe(0);
  await status.flush();
  expect(drawn).toBe(1);
});

test('a picture that is expensive to draw is drawn less often', async () => {
  const clock = new ManualClock();
  const status = await openStatusFile(newFile(), clock);
  let drawn = 0;
  const draw = (): object => {
    clock.advance(1000);
    return { drawn: ++drawn };
  };
  status.publish(draw);
  await status.flush();
  status.publish(draw);
  clock.advance(19_000);
  expect(drawn).toBe(1);
  clock.advance(1_000);
  expect(drawn).toBe(2);
  await status.flush();
});

test('what is there and cannot be read counts for nothing', async () => {
  const path = newFile();
  writeFileSync(path, '{"version":');
  expect(await readStatusFile(path)).toBeUndefined();
  const status = await openStatusFile(path, new ManualClock());
  status.publish(() => ({}));
  await status.flush();
  expect(readFileSync(path, 'utf8')).toBe('{"version":1}\n');
});

test('a status that cannot be written stops nobody, and says so', async () => {
  const path = newFile();
  mkdirSync(path);
  const status = await openStatusFile(path, new ManualClock());
  status.publish(() => ({}));
  await status.flush();
  expect(status.failure()).toBeInstanceOf(Error);
});

test('what a killed writer had begun beside it is removed when it is opened, and nothing else', async () => {
  const path = newFile();
  for (const end of ['', '.3764577367', '.7', '.bak', '.12345678901']) writeFileSync(`${path}${end}`, '{"version":4}');
  writeFileSync(path.replace('status', 'other') + '.3764577367', '');
  await openStatusFile(path, new ManualClock());
  const left = readdirSync(folder).filter((name) => name.includes(basename(path).slice('status'.length)));
  expect(left.sort()).toEqual([basename(path), `${basename(path)}.12345678901`, `${basename(path)}.bak`, `${basename(path).replace('status', 'other')}.3764577367`].sort());
});

/**
 * Loaded before the program (`node --import`): its clock is CLOCK_SHIFT milliseconds ahead of the machine's. When the file CLOCK_JUMP
 * appears, it leaps by as many milliseconds as stand in it, as the clock of a machine does that slept.
 */
import { readFileSync, statSync } from 'node:fs';

const shift = Number(process.env.CLOCK_SHIFT ?? 0);
const jumpFile = process.env.CLOCK_JUMP;
const now = Date.now;
let jump = 0;

Date.now = () => {
  if (jump === 0 && jumpFile !== undefined && statSync(jumpFile, { throwIfNoEntry: false }) !== undefined) jump = Number(readFileSync(jumpFile, 'utf8'));
  return now() + shift + jump;
};

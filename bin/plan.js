#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  console.error('error: plan is not built here\nhint: npm ci, or npm run build where the packages are installed');
  process.exitCode = 2;
}

#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';

// Newer versions of Node keep what they compiled: the next start is faster.
module.enableCompileCache?.();
const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  console.error('error: plan is not built here\nhint: npm ci, or npm run build where the packages are installed');
  process.exitCode = 2;
}

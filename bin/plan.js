#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';

// Newer versions of Node keep what they compiled: the next start is faster.
module.enableCompileCache?.();
const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  try {
    await import(main.href);
  } catch (error) {
    // So few file handles that the program itself cannot be read: there is no other place to say so.
    if (error?.code !== 'EMFILE' && error?.code !== 'ENFILE') throw error;
    console.error(`error: ${error.message}\nhint: raise the limit of open files: ulimit -n 1024`);
    process.exitCode = 1;
  }
} else {
  console.error('error: plan is not built here\nhint: npm ci, or npm run build where the packages are installed');
  process.exitCode = 2;
}

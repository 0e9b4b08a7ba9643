/** The program's entry. Answers `--version` from what is built in; everything else is loaded when it is needed. */
declare const __PLAN_VERSION__: string;

const words = process.argv.slice(2);
if (words[0] === '--version' || words[0] === '-V') {
  process.stdout.write(`${__PLAN_VERSION__}\n`);
} else {
  const [{ run }, { processTerminal, flush }] = await Promise.all([import('./run.js'), import('./terminal.js')]);
  const terminal = processTerminal();
  const code = await run(words, terminal);
  await Promise.all([flush(terminal.stdout), flush(terminal.stderr)]);
  process.exit(code);
}

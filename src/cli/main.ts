/** The program's entry. Answers `--version` from what is built in; everything else is loaded when it is needed. */
declare const __PLAN_VERSION__: string;

const words = process.argv.slice(2);
if (words[0] === '--version' || words[0] === '-V') {
  process.stdout.write(`${__PLAN_VERSION__}\n`);
} else {
  const { runProcess } = await import('./run.js');
  process.exit(await runProcess(words));
}

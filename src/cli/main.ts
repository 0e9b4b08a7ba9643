/** The program's entry. Answers `--version` from what is built in; everything else is loaded when it is needed. */
declare const __PLAN_VERSION__: string;

const words = process.argv.slice(2);
const command = words.findIndex((word) => !word.startsWith('-'));
const before = command < 0 ? words : words.slice(0, command);
if (before.includes('--version') || before.includes('-V')) {
  process.stdout.write(`${words.includes('--json') ? JSON.stringify({ version: __PLAN_VERSION__ }) : __PLAN_VERSION__}\n`);
} else if (!isSomewhere()) {
  process.stderr.write('error: the folder that you stand in is not there any more\nhint: cd into one that is\n');
  process.exitCode = 2;
} else {
  const { runProcess } = await import('./run.js');
  process.exit(await runProcess(words));
}

/** False in a shell whose folder somebody removed: no path could be relative to it, and not even our packages load there. */
function isSomewhere(): boolean {
  try {
    return process.cwd() !== '';
  } catch {
    return false;
  }
}

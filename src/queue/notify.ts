/** Tells people that a night is over or that they are needed. What cannot be told is no failure of the run. */
import type { Clock } from '../base/clock.js';
import { startProcess } from '../base/process.js';
import { messageOf, neutralise, shorten } from '../base/text.js';

/** Where notices go; any number of ways at once. */
export interface NotifySettings {
  /** Address that takes a Slack-compatible body, or `$NAME`: the environment variable that holds it. */
  readonly webhook?: string | undefined;
  /** Program and arguments; the notice is in its environment. */
  readonly command?: readonly string[] | undefined;
  readonly desktop?: boolean | undefined;
  /** `end`: that something is over; `person`: that somebody is needed. Absent: both. */
  readonly on?: readonly ('end' | 'person')[] | undefined;
}

/** What is told. */
export interface Notice {
  readonly kind: 'night-over' | 'person-needed' | 'run-over';
  /** One line. */
  readonly title: string;
  /** A few lines. */
  readonly text: string;
}

/** What telling needs from outside. */
export interface NotifyTools {
  readonly clock: Clock;
  readonly fetch: (address: string, request: { method: 'POST'; headers: Record<string, string>; body: string; signal: AbortSignal; redirect: 'error' }) => Promise<{ readonly ok: boolean; readonly status: number }>;
  readonly platform: string;
  /** Absolute. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

const patienceMs = 10_000;
const longestTitle = 200;
const longestText = 3000;

/** Tells it every way that is set; a sentence for each that did not work. Never rejects. */
export async function notify(settings: NotifySettings, notice: Notice, tools: NotifyTools): Promise<readonly string[]> {
  if (settings.on !== undefined && !settings.on.includes(notice.kind === 'person-needed' ? 'person' : 'end')) return [];
  const shown: Notice = { kind: notice.kind, title: shorten(neutralise(notice.title), longestTitle), text: shorten(notice.text.split('\n').map(neutralise).join('\n'), longestText) };
  const ways: Promise<string | undefined>[] = [];
  if (settings.webhook !== undefined) ways.push(postWebhook(settings.webhook, shown, tools));
  if (settings.command !== undefined) ways.push(runProgram('the notification command', settings.command, shown, tools));
  if (settings.desktop === true) ways.push(runProgram('the desktop notification', desktopCommand(tools.platform, shown), shown, tools));
  const problems = await Promise.all(ways.map((way) => way.catch((error: unknown) => `a notice could not be sent: ${messageOf(error)}`)));
  return problems.filter((problem) => problem !== undefined);
}

/** True when somebody is told at all. */
export function tellsAnybody({ webhook, command, desktop }: NotifySettings): boolean {
  return webhook !== undefined || command !== undefined || desktop === true;
}

/** The body for a Slack-compatible webhook: `text` for those who read only that, and the same in blocks. */
export function webhookBody(notice: Notice): object {
  const title = slackText(notice.title);
  const text = slackText(notice.text);
  const whole = text === '' ? `*${title}*` : `*${title}*\n${text}`;
  return { text: whole, blocks: [{ type: 'section', text: { type: 'mrkdwn', text: shorten(whole, 2900) } }] };
}

/** The three signs that Slack reads as markup of its own: mentions of everybody among them. */
function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

async function postWebhook(stated: string, notice: Notice, tools: NotifyTools): Promise<string | undefined> {
  const variable = /^\$\{?(\w+)\}?$/.exec(stated)?.[1];
  const address = variable === undefined ? stated : tools.environment[variable]?.trim();
  if (address === undefined || address === '') return `the webhook's address is not known: ${stated} is not set`;
  const abort = new AbortController();
  const revoke = tools.clock.after(patienceMs, () => abort.abort());
  // An address of this kind is a secret: it is not repeated in a message.
  try {
    const answer = await tools.fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(webhookBody(notice)), signal: abort.signal, redirect: 'error' });
    return answer.ok ? undefined : `the webhook answered with status ${answer.status}`;
  } catch (error) {
    if (abort.signal.aborted) return `the webhook did not answer within ${patienceMs / 1000} s`;
    return `the webhook could not be reached: ${causeOf(error).replaceAll(address, 'its address')}`;
  } finally {
    revoke();
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return messageOf(cause);
}

/** The notice's texts are arguments, never code. A title that begins like an option is none. */
function desktopCommand(platform: string, { title, text }: Notice): readonly string[] {
  const script = ['on run argv', 'display notification (item 2 of argv) with title (item 1 of argv)', 'end run'];
  return platform === 'darwin' ? ['osascript', ...script.flatMap((line) => ['-e', line]), title, text] : ['notify-send', '--app-name=plan', '--', title, text];
}

async function runProgram(what: string, argv: readonly string[], notice: Notice, tools: NotifyTools): Promise<string | undefined> {
  const environment = { ...tools.environment, PLAN_NOTICE_KIND: notice.kind, PLAN_NOTICE_TITLE: notice.title, PLAN_NOTICE_TEXT: notice.text };
  const running = startProcess({ argv, cwd: tools.folder, environment, output: { file: '/dev/null', limit: 1024 * 1024 } }, { clock: tools.clock, graceMs: 1000 });
  let late = false;
  const revoke = tools.clock.after(patienceMs, () => {
    late = true;
    running.end();
  });
  const end = await running.ended;
  revoke();
  if (end.kind === 'not-started') return `${what} could not start: ${end.message}`;
  if (late) return `${what} did not end within ${patienceMs / 1000} s`;
  return end.exitCode === 0 ? undefined : `${what} ended with ${end.exitCode === undefined ? (end.signal ?? 'a signal') : `exit code ${end.exitCode}`}`;
}

/** Signs that a coding agent is logged in: a variable that is set, or the file in which it keeps its login. Contents are never read. */
import { existsSync } from 'node:fs';
import path from 'node:path';

interface Login {
  /** Variables that stand for a login. */
  readonly variables: readonly string[];
  /** Files below the home folder. */
  readonly files: readonly string[];
  readonly command: string;
  /** True: on macOS the login may be in the keychain instead, where we do not look. */
  readonly keychain?: boolean;
}

const logins: Readonly<Record<string, Login>> = {
  claude: { variables: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN', 'CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX'], files: ['.claude/.credentials.json'], command: 'claude, then /login', keychain: true },
  codex: { variables: ['OPENAI_API_KEY', 'CODEX_API_KEY'], files: ['.codex/auth.json'], command: 'codex login' },
  gemini: { variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GENAI_USE_VERTEXAI'], files: ['.gemini/oauth_creds.json'], command: 'gemini, then choose how to log in' },
  opencode: { variables: ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'OPENROUTER_API_KEY'], files: ['.local/share/opencode/auth.json'], command: 'opencode auth login' },
};

/** The command that logs an agent in, where no sign of a login is found; undefined: there is one, or nothing can be said of this agent here. */
export function missingLogin(agent: string, environment: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): string | undefined {
  const login = Object.hasOwn(logins, agent) ? logins[agent] : undefined;
  if (login === undefined || (platform === 'darwin' && login.keychain === true)) return undefined;
  if (login.variables.some((name) => (environment[name] ?? '') !== '')) return undefined;
  const home = environment['HOME'] ?? '';
  return home === '' || login.files.some((file) => existsSync(path.join(home, file))) ? undefined : login.command;
}

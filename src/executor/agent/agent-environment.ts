/** What an agent sees of the environment: a list of what is allowed, never the rest. Secrets are not inherited unless listed. */
import type { AttemptRequest } from '../executor.js';

/** What every agent may see: who and where it is, how to speak, how to reach the network, and who commits. */
const common: readonly string[] = [
  ...['HOME', 'PATH', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'COLORTERM', 'NO_COLOR', 'LANG', 'LANGUAGE', 'LC_*', 'TZ'],
  ...['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'PLAN_PORT_BASE'],
  ...['GIT_AUTHOR_NAME', 'GIT_AUTHOR_EMAIL', 'GIT_COMMITTER_NAME', 'GIT_COMMITTER_EMAIL', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_NOSYSTEM'],
];

/** Proxies are needed behind many a firewall, but one with a password in it is a secret. */
const proxies: readonly string[] = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'];

/** Set by an agent for its children; a second agent that finds it refuses to start or behaves as a guest. */
const neverPassed: readonly string[] = ['CLAUDECODE'];

/** The environment of one attempt: what is allowed of the caller's, what the manifest sets, and `PLAN_*`. `allowed` holds names or `NAME_*`. */
export function agentEnvironment(request: AttemptRequest, allowed: readonly string[], promptFile: string): Record<string, string> {
  const environment: Record<string, string> = {};
  const lists = [...common, ...allowed];
  for (const [name, value] of Object.entries(request.environment)) {
    const listed = lists.some((entry) => isListed(name, entry));
    if (listed || (proxies.includes(name) && !value.includes('@'))) environment[name] = value;
  }
  Object.assign(environment, request.execution.env, taskEnvironment(request, promptFile), { TMPDIR: request.scratch });
  for (const name of neverPassed) delete environment[name];
  return environment;
}

function isListed(name: string, entry: string): boolean {
  return entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry;
}

function taskEnvironment(request: AttemptRequest, promptFile: string): Record<string, string> {
  return {
    PLAN_RUN: request.run,
    PLAN_ID: request.plan,
    PLAN_PHASE: request.phase,
    PLAN_TASK: request.task,
    PLAN_TASK_TITLE: request.title.replaceAll('\0', ''),
    PLAN_ATTEMPT: String(request.attempt),
    PLAN_WORKTREE: request.worktree,
    PLAN_PROMPT_FILE: promptFile,
  };
}

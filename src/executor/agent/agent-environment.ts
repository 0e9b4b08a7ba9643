/** What an agent sees of the caller's environment: a list of what is allowed, never the rest. Secrets are not inherited unless listed. */
import { markVariable } from '../mark.js';

/** What every agent may see: who and where it is, how to speak, whom to trust, and who commits. */
const common: readonly string[] = [
  ...['HOME', 'PATH', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'COLORTERM', 'NO_COLOR', 'LANG', 'LANGUAGE', 'LC_*', 'TZ'],
  ...['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', markVariable],
  ...['GIT_AUTHOR_NAME', 'GIT_AUTHOR_EMAIL', 'GIT_COMMITTER_NAME', 'GIT_COMMITTER_EMAIL', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_NOSYSTEM'],
];

/** Proxies are needed behind many a firewall, but one with a password in it is a secret. */
const proxies: readonly string[] = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'];

/** Set by an agent for its children; a second agent that finds it refuses to start or behaves as a guest. */
const neverPassed: readonly string[] = ['CLAUDECODE'];

/** The part of the caller's environment that an agent may see. `allowed` holds names, or beginnings as `NAME_*`. */
export function allowedEnvironment(environment: Readonly<Record<string, string>>, allowed: readonly string[]): Record<string, string> {
  const entries = [...common, ...allowed];
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) => entries.some((entry) => isListed(name, entry)) || (proxies.includes(name) && !value.includes('@')),
    ),
  );
}

/** The environment without what would make an agent believe that it runs inside another. */
export function withoutTraces(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !neverPassed.includes(name)));
}

function isListed(name: string, entry: string): boolean {
  return entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry;
}

/** Which values are secret, and texts without them. */

/** Replaces secret values in a text that will be shown or kept. */
export type Mask = (text: string) => string;

/** What a secret is shown as. */
export const masked = '***';

/** Names of variables whose values nobody should read, whatever the manifest says. */
const secretName = /(^|_)(SECRETS?|TOKENS?|PASSWORDS?|PASSWD|PASSPHRASE|PASS|PWD|CREDENTIALS?|AUTH|COOKIE|DSN)(_|$)|(^|_)(API|ACCESS|PRIVATE|SIGNING|ENCRYPTION|MASTER|SECRET|SERVICE|ACCOUNT)_?KEY(_ID)?(_|$)|APIKEY/i;
/** Names that match by accident. */
const harmlessName = /^(PWD|OLDPWD|SSH_AUTH_SOCK|XAUTHORITY|GPG_TTY)$/i;
/** Shapes of well-known tokens, and passwords in addresses: recognised wherever they come from. */
const shapes = [
  /\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_-]{16,255}|xox[abeoprs]-[A-Za-z0-9-]{10,255}|sk-[A-Za-z0-9_-]{20,255}|AKIA[0-9A-Z]{16}|npm_[A-Za-z0-9]{30,255}|AIza[0-9A-Za-z_-]{35})/g,
  /(?<=[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{0,200}:)[^\s/@]{1,200}(?=@)/gi,
];
/** A shorter value is no secret that could be kept: masking `1` or `on` would make every text unreadable. */
const shortestSecret = 5;
const mostSecrets = 1000;

/** True when the value of a variable of this name has to be masked. `patterns` are names, with `*` for anything. */
export function isSecretName(name: string, patterns: readonly string[]): boolean {
  return (secretName.test(name) && !harmlessName.test(name)) || patterns.some((pattern) => matchesName(name, pattern));
}

/** A mask for the secret values of these environments. Each line of a value of several lines is one. */
export function createMask(environments: readonly Readonly<Record<string, string>>[], patterns: readonly string[]): Mask {
  const values = new Set<string>();
  for (const environment of environments) {
    for (const [name, value] of Object.entries(environment)) {
      if (!isSecretName(name, patterns)) continue;
      for (const part of [value, ...value.split(/\r?\n/)]) {
        const secret = part.trim();
        if (secret.length >= shortestSecret && values.size < mostSecrets) values.add(secret);
      }
    }
  }
  // The longest first: a secret may begin with another one.
  const alternatives = [...values].sort((a, b) => b.length - a.length).map((value) => value.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  const known = alternatives.length === 0 ? undefined : new RegExp(alternatives.join('|'), 'g');
  return (text) => {
    let shown = known === undefined ? text : text.replace(known, masked);
    for (const shape of shapes) shown = shown.replace(shape, masked);
    return shown;
  };
}

/** `*` stands for any characters; case does not matter. Linear: no backtracking over several stars. */
function matchesName(name: string, pattern: string): boolean {
  const text = name.toUpperCase();
  const parts = pattern.toUpperCase().split('*');
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return text === first;
  const last = rest.pop() ?? '';
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

/** What git accepts as the name of a branch, without asking git. */

const longest = 200;

/**
 * Why a short branch name cannot be used, as the end of a sentence; undefined when it can. The rules of `git check-ref-format --branch`,
 * and two of ours: no name that a command would take for an option, none too long for a file system.
 */
export function branchNameProblem(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.startsWith('-')) return 'looks like an option: it begins with `-`';
  if (name.length > longest) return `is longer than ${longest} characters`;
  if (name === '@') return 'is `@`, which git keeps for itself';
  if (name === 'HEAD' || name.startsWith('refs/')) return 'is not the short name of a branch';
   
  const forbidden = /[\u0000-\u0020\u007f~^:?*[\\]/.exec(name)?.[0];
  if (forbidden !== undefined) return forbidden === ' ' ? 'holds a space' : forbidden < ' ' || forbidden === '\u007f' ? 'holds a control character' : `holds \`${forbidden}\``;
  if (name.includes('..')) return 'holds `..`';
  if (name.includes('@{')) return 'holds `@{`';
  if (name.startsWith('/') || name.endsWith('/') || name.includes('//')) return 'has an empty part between slashes';
  if (name.endsWith('.')) return 'ends in a dot';
  for (const part of name.split('/')) {
    if (part.startsWith('.')) return 'has a part that begins with a dot';
    if (part.endsWith('.lock')) return 'has a part that ends in `.lock`';
  }
  return undefined;
}

/** Why an expression cannot be the target, as the end of a sentence; undefined when it can be asked of git. */
export function targetNameProblem(name: string): string | undefined {
  return name.startsWith('refs/heads/') ? branchNameProblem(name.slice('refs/heads/'.length)) : name.startsWith('refs/remotes/') ? branchNameProblem(name.slice('refs/remotes/'.length)) : branchNameProblem(name);
}

/** Why a plan's id cannot be used, as the end of a sentence; undefined when it can. */
export function planIdProblem(id: string): string | undefined {
  if (id.length > 100) return 'is longer than 100 characters';
  if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(id)) return 'has to be a letter and then letters, digits, `_` or `-`';
  if (id === 'landed' || id === 'start' || id === 'verify') return 'is a word of ours';
  if (/^phase\d*$/.test(id)) return 'would read as a phase';
  return undefined;
}

/** A valid plan id made from a file's name, for plans that nobody named. */
export function planIdOf(path: string): string {
  const parts = path.split('/');
  const file = (parts.pop() ?? '').replace(/\.(plan\.)?[A-Za-z0-9]+$/, '');
  // The file of a format such as `specs/001-login/tasks.md` is named after its folder.
  const generic = /^(tasks?|plan|readme|index|todo)$/i;
  const own = generic.test(file) ? ([...parts].reverse().find((part) => !generic.test(part) && part !== '..' && part !== '.') ?? file) : file;
  const id = own
    .replace(/^\d{4}-\d{2}-\d{2}-?/, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[^A-Za-z]+/, '')
    .replace(/-+$/, '')
    .slice(0, 60);
  return planIdProblem(id) === undefined ? id : 'plan';
}

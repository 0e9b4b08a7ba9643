/** What of the caller's environment reaches git: nothing that could point it at another repository, index or object store. */

/**
 * The names that `git rev-parse --local-env-vars` prints, over all versions that we support: they tie git to one repository.
 * An inherited GIT_DIR would make a worktree report the HEAD of another one.
 */
export const localEnvironmentNames: readonly string[] = [
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_CONFIG',
  'GIT_CONFIG_COUNT',
  'GIT_CONFIG_PARAMETERS',
  'GIT_DIR',
  'GIT_GRAFT_FILE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_NO_REPLACE_OBJECTS',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_REPLACE_REF_BASE',
  'GIT_SHALLOW_FILE',
  'GIT_WORK_TREE',
];

/** Not tied to a repository, but they change what commands mean or where refs and attributes are read from. */
const meaningChanging: readonly string[] = [
  'GIT_ATTR_SOURCE',
  'GIT_DEFAULT_HASH',
  'GIT_DIFF_OPTS',
  'GIT_EXTERNAL_DIFF',
  'GIT_GLOB_PATHSPECS',
  'GIT_ICASE_PATHSPECS',
  'GIT_LITERAL_PATHSPECS',
  'GIT_NAMESPACE',
  'GIT_NOGLOB_PATHSPECS',
  'GIT_QUARANTINE_PATH',
  'GIT_REFLOG_ACTION',
  // Dates of a caller's own rebase or script must not become those of every commit that we make.
  'GIT_AUTHOR_DATE',
  'GIT_COMMITTER_DATE',
];

const removed = new Set([...localEnvironmentNames, ...meaningChanging]);

/** The caller's environment without git's local variables: what tasks, hooks and git itself are started with. */
export function withoutLocalVariables(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !removed.has(name) && !/^GIT_CONFIG_(KEY|VALUE)_\d+$/.test(name)) kept[name] = value;
  }
  return kept;
}

/** What every git of ours runs with, added to the cleaned environment: no prompts, no needless locks, messages that we can read. */
export const quietEnvironment: Readonly<Record<string, string>> = {
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_REFLOG_ACTION: 'plan',
  GIT_EDITOR: ':',
  GIT_SEQUENCE_EDITOR: ':',
  GIT_MERGE_AUTOEDIT: 'no',
  LC_ALL: 'C',
};

/**
 * As `quietEnvironment`, for commands that run a person's hooks: those keep the caller's language, and see nothing of the
 * orchestrator's own variables.
 */
export function hookEnvironment(environment: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.fromEntries(Object.entries(environment).filter(([name]) => name !== 'PLAN' && !name.startsWith('PLAN_')));
  const { LC_ALL: _ours, ...quiet } = quietEnvironment;
  return { ...kept, ...quiet };
}

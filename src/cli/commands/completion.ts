import { exit } from '../exit.js';
import { defineCommand } from '../command.js';
import { usageFailure } from '../usage.js';

/**
 * Each shell asks us at every Tab: ids of the run at hand are offered too, and a script that was installed once stays right.
 * What is asked for comes as lines `word<Tab>description`; a first line `:files` leaves the rest to the shell.
 */
const scripts = {
  bash: `# plan completion for bash: put this line into ~/.bashrc:  eval "$(plan completion bash)"
_plan_complete() {
  local line answer current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  answer=$(plan completion --at "$COMP_CWORD" -- "\${COMP_WORDS[@]:1}" 2>/dev/null) || return
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
      return
    fi
    [[ -n $line ]] && COMPREPLY+=("\${line%%$'\\t'*}")
  done <<< "$answer"
}
complete -F _plan_complete plan`,
  zsh: `#compdef plan
# plan completion for zsh: put this line into ~/.zshrc after compinit:  eval "$(plan completion zsh)"
_plan() {
  local line
  local -a described
  while IFS= read -r line; do
    if [[ $line == :files ]]; then _files; return; fi
    [[ -n $line ]] && described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(plan completion --at "$((CURRENT - 1))" -- "\${words[@]:1}" 2>/dev/null)
  _describe plan described
}
compdef _plan plan`,
  fish: `# plan completion for fish: put this line into ~/.config/fish/config.fish:  plan completion fish | source
function __plan_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l answer (plan completion --at (math (count $words) - 1) -- $words[2..-1] 2>/dev/null)
  if test "$answer[1]" = ":files"
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $answer
  end
end
complete -c plan -f -a '(__plan_complete)'`,
} as const;

/** `plan completion`. */
export const command = defineCommand({
  name: 'completion',
  description: 'Prints a script that completes commands, options, and the ids of the run at hand.',
  positionals: [{ name: 'shell', describe: 'bash, zsh or fish' }],
  options: { at: { type: 'number', requiresArg: true, describe: 'what the scripts ask: candidates for the word at this place', hidden: true } },
  examples: [['eval "$(plan completion bash)"', 'in ~/.bashrc']],
  async run(given, context) {
    if (given.at !== undefined) {
      const { candidates } = await import('../candidates.js');
      const found = await candidates(given.rest, given.at - 1, context);
      return { exit: exit.done, json: { candidates: found }, text: found.map(({ word, describe }) => (describe === '' ? word : `${word}\t${describe}`)).join('\n') };
    }
    const [shell] = given.words;
    const script = Object.entries(scripts).find(([name]) => name === shell)?.[1];
    if (script !== undefined) return { json: { shell, script }, text: script };
    return { failures: [usageFailure('unknown-shell', shell === undefined ? '`plan completion` needs a shell' : `there is no completion for ${JSON.stringify(shell)}`, 'one of bash, zsh, fish')] };
  },
});

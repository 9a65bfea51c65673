import { parseArgs } from "node:util";
import { closest } from "../names.ts";
import { type Command, type CommandTable, optionsOf } from "./command.ts";

/** Writes what shells complete command lines of these commands by. */
export const completionsOf = (table: CommandTable): Command => ({
  summary: "what bash, zsh or fish complete waggle's command line by",
  usage: `waggle completions bash|zsh|fish

Prints a script for the shell, that it reads when it starts:

  bash   waggle completions bash > /etc/bash_completion.d/waggle
  zsh    waggle completions zsh > "\${fpath[1]}/_waggle"
  fish   waggle completions fish > ~/.config/fish/completions/waggle.fish`,
  words: ["bash", "zsh", "fish"],

  run(args) {
    const { positionals: [shell = ""] } = parseArgs({ args: [...args], allowPositionals: true });
    const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (!write) {
      throw new TypeError(
        `name a shell: ${Object.keys(SHELLS).join(", ")}${
          shell === "" ? "" : closest(shell, Object.keys(SHELLS))
        }`,
      );
    }
    return printed(write, table);
  },
});

async function printed(
  write: (commands: readonly Described[]) => string,
  table: CommandTable,
): Promise<number> {
  const commands: Described[] = [];
  for (const [name, load] of Object.entries(table)) commands.push(describe(name, await load()));
  console.log(write(commands));
  return 0;
}

/** A command as shells want it. */
interface Described {
  readonly name: string;
  readonly summary: string;
  /** Options, and the words that may stand behind the command. */
  readonly words: readonly string[];
}

function describe(name: string, { summary, usage, words = [] }: Command): Described {
  return { name, summary, words: [...words, ...optionsOf(usage), "--help"] };
}

const SHELLS: Readonly<Record<string, (commands: readonly Described[]) => string>> = { bash, zsh, fish };

function bash(commands: readonly Described[]): string {
  return `# bash completion of waggle
_waggle() {
  local current=\${COMP_WORDS[COMP_CWORD]} words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${[...commands.map(({ name }) => name), "help", "--version"].join(" ")}"
  else
    case \${COMP_WORDS[1]} in
${commands.map(({ name, words }) => `      ${name}) words="${words.join(" ")}" ;;`).join("\n")}
      help) words="${commands.map(({ name }) => name).join(" ")}" ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _waggle waggle`;
}

function zsh(commands: readonly Described[]): string {
  return `#compdef waggle
if ((CURRENT == 2)); then
  local -a commands=(
${
    commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(":", "\\:")}`)}`).join(
      "\n",
    )
  }
    'help:how a command is used'
  )
  _describe command commands
else
  case $words[2] in
${commands.map(({ name, words }) => `    ${name}) compadd -- ${words.join(" ")} ;;`).join("\n")}
    help) compadd -- ${commands.map(({ name }) => name).join(" ")} ;;
  esac
  _files
fi`;
}

function fish(commands: readonly Described[]): string {
  const first = "__fish_use_subcommand";
  return commands.flatMap(({ name, summary, words }) => [
    `complete -c waggle -n ${first} -a ${name} -d ${quoted(summary)}`,
    ...words.map((word) => {
      const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c waggle -n '__fish_seen_subcommand_from ${name}' ${what}`;
    }),
  ]).join("\n");
}

/** As all three shells take text. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

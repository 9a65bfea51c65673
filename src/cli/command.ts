/** A subcommand of `waggle`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly usage: string;
  /** Words that may stand behind the command, for completions. */
  readonly words?: readonly string[];
  /** Runs with the arguments after the command's name. Returns the exit status. */
  run(args: readonly string[]): number | Promise<number>;
}

/** Commands by their names, each loaded when it is wanted. */
export type CommandTable = Readonly<Record<string, () => Promise<Command>>>;

/** The options that the help of a command tells of: `--json`. */
export function optionsOf(usage: string): string[] {
  return [...new Set(usage.match(/(?<![\w-])--[a-z][a-z-]*/g))];
}

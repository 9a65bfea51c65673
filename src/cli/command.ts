/** A subcommand of `waggle`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly usage: string;
  /** Runs with the arguments after the command's name. Returns the exit status. */
  run(args: readonly string[]): number | Promise<number>;
}

/**
 * All commands.
 *
 * @module
 */
import type { CommandTable } from "./command.ts";

/** Commands by their names, each loaded when it is run: what one needs, others do not wait for. */
export const COMMANDS: CommandTable = {
  completions: async () => (await import("./completions.ts")).completionsOf(COMMANDS),
  doctor: async () => (await import("./doctor.ts")).doctor,
  dump: async () => (await import("./dump.ts")).dump,
  features: async () => (await import("./features.ts")).features,
  generate: async () => (await import("./generate.ts")).generate,
  inspect: async () => (await import("./inspect.ts")).inspect,
  list: async () => (await import("./list.ts")).list,
  load: async () => (await import("./load.ts")).load,
  run: async () => (await import("./run.ts")).run,
  top: async () => (await import("./top.ts")).top,
  trace: async () => (await import("./trace.ts")).trace,
  types: async () => (await import("./types.ts")).types,
};

/** What built-in helpers are. */
import type { Engine } from "./_engine.ts";

/** How many registers a helper reads, and what it does: the result, or `undefined` where it is in r0 already. */
export type Native = readonly [args: number, run: (engine: Engine) => number | bigint | undefined];

/** Helpers by name. */
export type Natives = Readonly<Record<string, Native>>;

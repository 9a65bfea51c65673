/** What may come of damaged bytes: a value, or an error of the classes meant for it. */
import { type BtfError, type BytecodeError, type ElfError, ParseError } from "../../src/errors.ts";

type Refusal = typeof ElfError | typeof BtfError | typeof BytecodeError;

/** The result of `body`, or the error by which it refused the bytes; every other error is thrown on. */
export function attempt<T>(refusals: readonly Refusal[], length: number, body: () => T): T | ParseError {
  try {
    return body();
  } catch (error) {
    if (!refusals.some((refusal) => error instanceof refusal)) throw error;
    if (!(error instanceof ParseError)) throw error;
    const { offset } = error;
    if (offset !== undefined && !(Number.isInteger(offset) && offset >= 0 && offset <= length)) {
      throw new Error(`offset ${offset} of an error is not within ${length} bytes`, { cause: error });
    }
    return error;
  }
}

/**
 * Filters of `tc` that this process attached.
 *
 * @module
 */
import { NotFoundError } from "../errors.ts";
import type { Program } from "../program/mod.ts";
import { type Filter, type FilterKey, type FilterPlace, filtersOf, setFilter } from "./_tc.ts";
import { describeAttachment, explainFilter, filterProgram, isAt, removeFilter } from "./_tc_filters.ts";
import { formatMark, type Mark, markedProgram } from "./_mark.ts";
import type { TcAttachment } from "./tc.ts";
import type { TcxDirection } from "./tcx.ts";

/** A filter that was made with a mark. */
export class MarkedFilter implements TcAttachment {
  readonly device: string;
  readonly direction: TcxDirection;
  readonly priority: number;
  readonly handle: number;
  readonly #place: FilterPlace;
  #mark: Mark;
  #closed = false;

  constructor(device: string, place: FilterPlace, { priority, handle }: FilterKey, mark: Mark) {
    this.device = device;
    this.direction = place.direction;
    this.priority = priority;
    this.handle = handle;
    this.#place = place;
    this.#mark = mark;
  }

  update(program: Program): void {
    const what = describeAttachment(program, this.device, this.#place);
    const mark = { ...this.#mark, program: markedProgram(program.name) };
    if (this.#find(`create ${what}`) === undefined) {
      throw new NotFoundError(
        `Cannot create ${what}: the filter to update was removed, or another took its place: attach anew`,
      );
    }
    try {
      setFilter(`create ${what}`, this.#place, this, filterProgram(program, mark), 0);
    } catch (cause) {
      throw explainFilter(cause, what, program, this.#place);
    }
    this.#mark = mark;
  }

  close(): void {
    const action = `remove the filter of program "${this.#mark.program}" from device "${this.device}"`;
    const filter = this.#find(action);
    if (filter !== undefined) removeFilter(action, this.#place, filter);
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The filter, while it is still this one. */
  #find(action: string): Filter | undefined {
    if (this.#closed) return undefined;
    const name = formatMark(this.#mark);
    return filtersOf(action, this.#place).find((filter) => isAt(filter, this) && filter.name === name);
  }
}

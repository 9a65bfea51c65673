/**
 * Instructions as they are made, with jumps to labels.
 *
 * @module
 */
import { CLASS, type Instruction, isWide, JUMP, r10, type Register64 } from "../../asm/mod.ts";
import type { FieldPath } from "../ir/field_path.ts";
import type { Place } from "../ir/place.ts";

/** A place in the code that jumps go to. */
export interface Label {
  /** The index of the instruction in its function; -1 until it is placed. */
  index: number;
  /** The function that it is placed in. */
  of?: readonly Item[];
  /** Whether something jumps there. */
  used?: true;
}

interface Item {
  readonly instruction: Instruction;
  readonly target: Label | undefined;
  readonly place: Place;
  field?: FieldPath;
}

/** An instruction and what of the source it is made for. */
export interface PlacedInstruction {
  readonly instruction: Instruction;
  readonly place: Place;
  /** What its offset or number is the place of. */
  readonly field?: FieldPath | undefined;
}

const EXIT = CLASS.JMP | JUMP.EXIT;
const JA = CLASS.JMP | JUMP.JA;
/** How far a jump goes: 16 bits, signed. */
const FARTHEST = 0x7fff;

/** Code that is being made. */
export class Code {
  /** Of the function that is being made. */
  #items: Item[] = [];
  /** Those that are called back, by their names. */
  readonly #callbacks: { readonly name: string; readonly items: Item[] }[] = [];
  #place: Place;

  /** Code that begins at a place of the source. */
  constructor(place: Place) {
    this.#place = place;
  }

  /** What of the source the next instructions are made for. */
  at(place: Place): void {
    this.#place = place;
  }

  /** Adds instructions. */
  add(...instructions: readonly Instruction[]): void {
    for (const instruction of instructions) {
      this.#items.push({ instruction, target: undefined, place: this.#place });
    }
  }

  /** Says of the last instruction what its offset or number is the place of. */
  field(path: FieldPath | undefined): void {
    const last = this.#items.at(-1);
    if (last && path) last.field = path;
  }

  /** Adds a jump to a label; the distance of the instruction is of no matter. */
  jump(instruction: Instruction, target: Label): void {
    target.used = true;
    this.#items.push({ instruction, target, place: this.#place });
  }

  /**
   * Puts what `body` makes behind all else, as a function that the kernel calls: with a stack of its own, or with that of the program
   * in the register `frame`. Returns its name, which begins with what `kind` says.
   */
  callback(kind: string, body: () => void, frame: Register64 = r10): string {
    const around = this.#items;
    const items: Item[] = [];
    this.#items = items;
    body();
    const name = `${kind}${this.#callbacks.length + 1}`;
    for (const [i, item] of items.entries()) {
      items[i] = { ...item, instruction: withFrame(item.instruction, frame) };
    }
    const [first] = items;
    if (first) items[0] = { ...first, instruction: { ...first.instruction, symbol: name } };
    this.#callbacks.push({ name, items });
    this.#items = around;
    return name;
  }

  /** How many instructions there are of the function that is being made. */
  get length(): number {
    return this.#items.length;
  }

  /** The place of the first instruction of that function, from one on, that is such; `undefined` where there is none. */
  findPlace(from: number, isSuch: (instruction: Instruction) => boolean): Place | undefined {
    return this.#items.slice(from).find(({ instruction }) => isSuch(instruction))?.place;
  }

  /** A label that is placed later. */
  label(): Label {
    return { index: -1 };
  }

  /** Puts a label before the next instruction. */
  place(label: Label): void {
    label.index = this.#items.length;
    label.of = this.#items;
  }

  /**
   * The instructions, without those that nothing leads to, which the verifier refuses, and with distances in jumps.
   *
   * @throws {RangeError} A jump goes too far.
   */
  finish(): PlacedInstruction[] {
    const items = [this.#items, ...this.#callbacks.map(({ items }) => items)].flat();
    const targets = this.#targets(items);
    const reached = this.#reached(items, targets);
    const leadsOn = items.map((_, i) => isJumpToNext(items, targets, i, reached));
    const slots: number[] = [];
    let slot = 0;
    for (const [i, { instruction }] of items.entries()) {
      slots.push(slot);
      if (reached.has(i) && !leadsOn[i]) slot += isWide(instruction) ? 2 : 1;
    }
    slots.push(slot);
    return items.flatMap(({ instruction, place, field }, i) => {
      if (!reached.has(i) || leadsOn[i]) return [];
      const target = targets[i];
      if (target === undefined) return [{ instruction, place, field }];
      const offset = (slots[target] ?? 0) - (slots[i] ?? 0) - 1;
      if (Math.abs(offset) > FARTHEST) throw new RangeError(`a jump of ${offset} instructions goes too far`);
      return [{ instruction: { ...instruction, offset }, place }];
    });
  }

  /** Where each of the instructions jumps to. */
  #targets(items: readonly Item[]): readonly (number | undefined)[] {
    const starts = new Map<readonly Item[], number>([[this.#items, 0]]);
    let start = this.#items.length;
    for (const { items } of this.#callbacks) {
      starts.set(items, start);
      start += items.length;
    }
    return items.map(({ target }) => target && (starts.get(target.of ?? this.#items) ?? 0) + target.index);
  }

  /** The instructions that something leads to from the first. */
  #reached(items: readonly Item[], targets: readonly (number | undefined)[]): ReadonlySet<number> {
    const starts = new Map(this.#callbacks.map(({ name, items: [first] }) => [name, first]));
    const reached = new Set<number>();
    const left = [0];
    for (let index = left.pop(); index !== undefined; index = left.pop()) {
      const item = items[index];
      if (!item || reached.has(index)) continue;
      reached.add(index);
      const { opcode, reference } = item.instruction;
      const target = targets[index];
      if (target !== undefined) left.push(target);
      const called = reference?.kind === "function" ? starts.get(reference.name) : undefined;
      if (called) left.push(items.indexOf(called));
      if (opcode !== EXIT && opcode !== JA) left.push(index + 1);
    }
    return reached;
  }
}

function isJumpToNext(
  items: readonly Item[],
  targets: readonly (number | undefined)[],
  index: number,
  reached: ReadonlySet<number>,
): boolean {
  const target = targets[index];
  if (target === undefined || items[index]?.instruction.opcode !== JA || target <= index) return false;
  for (let i = index + 1; i < target; i++) if (reached.has(i)) return false;
  return true;
}

/** The stack in another register. Sources of calls and of wide loads are none, and never 10. */
function withFrame(instruction: Instruction, frame: Register64): Instruction {
  const { dst, src } = instruction;
  if (dst !== r10.number && src !== r10.number) return instruction;
  const by = (register: number) => register === r10.number ? frame.number : register;
  return { ...instruction, dst: by(dst), src: by(src) };
}

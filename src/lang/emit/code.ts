/**
 * Instructions as they are made, with jumps to labels.
 *
 * @module
 */
import { CLASS, type Instruction, isWide, JUMP } from "../../asm/core.ts";
import type { Place } from "../ir/place.ts";

/** A place in the code that jumps go to. */
export interface Label {
  /** The index of the instruction; -1 until it is placed. */
  index: number;
}

interface Item {
  readonly instruction: Instruction;
  readonly target: Label | undefined;
  readonly place: Place;
}

/** An instruction and what of the source it is made for. */
export interface PlacedInstruction {
  readonly instruction: Instruction;
  readonly place: Place;
}

const EXIT = CLASS.JMP | JUMP.EXIT;
const JA = CLASS.JMP | JUMP.JA;
/** How far a jump goes: 16 bits, signed. */
const FARTHEST = 0x7fff;

/** Code that is being made. */
export class Code {
  #items: Item[] = [];
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

  /** Adds a jump to a label; the distance of the instruction is of no matter. */
  jump(instruction: Instruction, target: Label): void {
    this.#items.push({ instruction, target, place: this.#place });
  }

  /** A label that is placed later. */
  label(): Label {
    return { index: -1 };
  }

  /** Puts a label before the next instruction. */
  place(label: Label): void {
    label.index = this.#items.length;
  }

  /**
   * The instructions, without those that nothing leads to, which the verifier refuses, and with distances in jumps.
   *
   * @throws {RangeError} A jump goes too far.
   */
  finish(): PlacedInstruction[] {
    const reached = this.#reached();
    const slots: number[] = [];
    let slot = 0;
    for (let i = 0; i < this.#items.length; i++) {
      slots.push(slot);
      const item = this.#items[i];
      if (item && reached.has(i) && !this.#leadsOn(i, reached)) slot += isWide(item.instruction) ? 2 : 1;
    }
    slots.push(slot);
    return this.#items.flatMap(({ instruction, target, place }, i) => {
      if (!reached.has(i) || this.#leadsOn(i, reached)) return [];
      if (!target) return [{ instruction, place }];
      const offset = (slots[target.index] ?? 0) - (slots[i] ?? 0) - 1;
      if (Math.abs(offset) > FARTHEST) throw new RangeError(`a jump of ${offset} instructions goes too far`);
      return [{ instruction: { ...instruction, offset }, place }];
    });
  }

  /** Whether an instruction is a jump to the next one. */
  #leadsOn(index: number, reached: ReadonlySet<number>): boolean {
    const item = this.#items[index];
    if (!item?.target || item.instruction.opcode !== JA || item.target.index <= index) return false;
    for (let i = index + 1; i < item.target.index; i++) if (reached.has(i)) return false;
    return true;
  }

  /** The instructions that something leads to from the first. */
  #reached(): ReadonlySet<number> {
    const reached = new Set<number>();
    const left = [0];
    for (let index = left.pop(); index !== undefined; index = left.pop()) {
      const item = this.#items[index];
      if (!item || reached.has(index)) continue;
      reached.add(index);
      const { opcode } = item.instruction;
      if (item.target) left.push(item.target.index);
      if (opcode !== EXIT && opcode !== JA) left.push(index + 1);
    }
    return reached;
  }
}

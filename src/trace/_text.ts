/**
 * The text of a kernel function and of those that it is handed.
 *
 * @module
 */
import {
  fromJavaScript,
  type FunctionSyntax,
  handedFromJavaScript,
  type InnerFunctionSyntax,
  type Origin,
  type Place,
} from "../lang/mod.ts";
import { type AnyFunction, originOf } from "./_origin.ts";
import type { SharedThings } from "./shared.ts";

/** One of the functions in the text. */
interface Part {
  /** What it is handed as; `undefined` for the kernel function. */
  readonly name: string | undefined;
  readonly text: string;
  /** Where it begins; each does so with a line. */
  readonly start: Pick<Place, "offset" | "line">;
}

/** One text of all functions, one behind the other, so that a place in it tells which is meant. */
export class KernelText {
  readonly text: string;
  readonly #parts: readonly Part[];
  readonly #handed = new Map<string, InnerFunctionSyntax>();
  #syntax: FunctionSyntax | undefined;
  #origin: Origin | undefined;

  constructor(main: AnyFunction, shared: SharedThings) {
    const handed = Object.entries(shared).filter(([, thing]) => typeof thing === "function");
    const parts: Part[] = [];
    let text = "";
    for (const [name, one] of [[undefined, main] as const, ...handed]) {
      if (text !== "") text += "\n";
      parts.push({ name, text: String(one), start: { offset: text.length, line: text.split("\n").length } });
      text += String(one);
    }
    this.text = text;
    this.#parts = parts;
  }

  /** The kernel function. */
  get syntax(): FunctionSyntax {
    return this.#syntax ??= fromJavaScript(this.#parts[0]?.text ?? "");
  }

  /** A function that it is handed. */
  handed(name: string): InnerFunctionSyntax {
    const known = this.#handed.get(name);
    if (known) return known;
    const part = this.#parts.find((part) => part.name === name);
    const { offset = 0 } = part?.start ?? {};
    // Behind as much space as there is text before it, so that places in it are those in the whole
    const before = this.text.slice(0, offset).replace(/[^\n]/g, " ");
    const syntax = handedFromJavaScript(before + (part?.text ?? ""));
    this.#handed.set(name, syntax);
    return syntax;
  }

  /** Where the functions are; looked for when something is wrong with one. */
  get origin(): Origin {
    return this.#origin ??= this.#find();
  }

  #find(): Origin {
    const parts = this.#parts.map(({ text, start }) => ({ start, origin: originOf(text) }));
    return {
      locate(place) {
        const part = parts.findLast(({ start }) => start.offset <= place.offset) ?? parts[0];
        if (!part) return { ...place, file: "function" };
        const { start, origin } = part;
        return origin.locate({
          offset: place.offset - start.offset,
          line: place.line - start.line + 1,
          column: place.column,
        });
      },
    };
  }
}

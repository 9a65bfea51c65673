/**
 * JavaScript's literals.
 *
 * @module
 */
import type { Literal } from "acorn";
import { Fault } from "../ir/place.ts";
import type { ExpressionSyntax } from "../ir/syntax.ts";
import type { ParsedFunction } from "./parse.ts";

/** A literal. */
export function literal(parsed: ParsedFunction, node: Literal): ExpressionSyntax {
  const place = parsed.placeOf(node);
  const { value } = node;
  switch (typeof value) {
    case "string":
      return { kind: "text", place, value };
    case "boolean":
      return { kind: "boolean", place, value };
    case "bigint":
      return { kind: "number", place, value };
    case "number":
      if (Number.isSafeInteger(value)) return { kind: "number", place, value: BigInt(value) };
      throw Number.isInteger(value)
        ? new Fault(
          place,
          `${value} is beyond 2^53, where JavaScript rounds`,
          "write it as a bigint: 1n << 60n",
        )
        : new Fault(place, `${value}: the kernel has no fractions`, "scale: count in thousandths");
    default:
      if (value === null) return { kind: "undefined", place };
      throw new Fault(place, "the kernel has no regular expressions", "compare with ===");
  }
}

/**
 * Names of what compilers of C++ make.
 *
 * @module
 */
import { type Node, Sequence } from "./_cxx_nodes.ts";
import type { CxxParser } from "./_cxx_parser.ts";
import { SPECIAL_OF_NAME, SPECIAL_OF_TYPE } from "./_cxx_tables.ts";

/** `<special-name>`: what the compiler made, as tables of virtual functions. */
export function parseSpecial(p: CxxParser): Node {
  const code = p.take(2);
  const ofType = SPECIAL_OF_TYPE[code];
  if (ofType !== undefined) return new Sequence(ofType, p.type());
  const ofName = SPECIAL_OF_NAME[code];
  if (ofName !== undefined) return new Sequence(ofName, p.name());
  switch (code) {
    case "Th":
    case "Tv":
      p.back(1);
      skipCallOffset(p);
      return new Sequence(code === "Th" ? "non-virtual thunk to " : "virtual thunk to ", p.encoding());
    case "Tc":
      skipCallOffset(p);
      skipCallOffset(p);
      return new Sequence("covariant return thunk to ", p.encoding());
    case "TC": {
      const type = p.type();
      p.digits();
      p.expect("_");
      return new Sequence("construction vtable for ", p.type(), "-in-", type);
    }
    case "GR": {
      const name = p.name();
      const number = p.peek("_") ? 0 : p.sequenceNumber() + 1;
      p.eat("_");
      return new Sequence(`reference temporary #${number} for `, name);
    }
    case "GA":
      return new Sequence("hidden alias for ", p.encoding());
    case "GT":
      return new Sequence(
        p.take(1) === "n" ? "non-transaction clone for " : "transaction clone for ",
        p.encoding(),
      );
    default:
      p.fail();
  }
}

function skipCallOffset(p: CxxParser): void {
  const kind = p.take(1);
  if (kind !== "h" && kind !== "v") p.fail();
  for (let count = kind === "h" ? 1 : 2; count > 0; count--) {
    p.eat("n");
    p.digits();
    p.expect("_");
  }
}

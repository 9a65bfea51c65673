/**
 * A program with types, names and source lines, as a compiler would make it.
 *
 * @module
 */
import { exit, type Instruction, mov, r0 } from "../../src/asm/mod.ts";
import { type Btf, BtfBuilder } from "../../src/btf/mod.ts";

/** The BTF, and the instructions that refer to it. */
export interface TypedProgram {
  readonly btf: Btf;
  readonly instructions: readonly Instruction[];
}

/** `int NAME(struct xdp_md *ctx) { return 2; }` at line 7 of `some.c`. */
export function typedProgram(name: string): TypedProgram {
  const builder = new BtfBuilder();
  const int = builder.add({
    kind: "int",
    name: "int",
    size: 4,
    bits: 32,
    bitOffset: 0,
    signed: true,
    char: false,
    bool: false,
  });
  const context = builder.add({ kind: "struct", name: "xdp_md", size: 24, members: [] });
  const pointer = builder.add({ kind: "pointer", name: "", typeId: context });
  const prototype = builder.add({
    kind: "prototype",
    name: "",
    returnTypeId: int,
    parameters: [{ name: "ctx", typeId: pointer }],
  });
  const functionTypeId = builder.add({ kind: "function", name, typeId: prototype, linkage: "global" });
  const [file, text] = ["some.c", "  return 2;"];
  const [fileOffset, textOffset] = [builder.addString(file), builder.addString(text)];
  const source = { file, text, line: 7, column: 3, fileOffset, textOffset };
  return {
    btf: builder.build(),
    instructions: [{ ...mov(r0, 2), symbol: name, functionTypeId, source }, exit()],
  };
}

/** What is done with damaged bytes. Each target checks one case and gives whether the bytes were taken. */
import { isDeepStrictEqual } from "node:util";
import { decode, disassemble, encode, type Instruction, programTag } from "../../src/asm/mod.ts";
import {
  alignOf,
  type Btf,
  BtfBuilder,
  btfCodec,
  dedupBtf,
  formatC,
  formatValue,
  mergeBtf,
  parseBtf,
  parseExtInfo,
  placeKsyms,
  relocateSplit,
  sanitizeBtf,
  sizeOf,
  typeName,
} from "../../src/btf/mod.ts";
import { elfSection, parseElf } from "../../src/elf/mod.ts";
import { BtfError, BytecodeError, ElfError, ParseError } from "../../src/errors.ts";
import { relocate } from "../../src/relocate/mod.ts";
import type { ObjectSpec } from "../../src/spec/mod.ts";
import { attempt } from "./_attempt.ts";
import { mutate, type Seed } from "./_mutate.ts";
import { pick, type Random, randomOf } from "./_random.ts";
import { codeSeeds, elfSeeds, relocationSeeds, sectionSeed, sectionSeeds } from "./_seeds.ts";

/** A parser with its sound inputs. */
export interface Target {
  readonly seeds: readonly Seed[];
  /** Throws what must not happen; gives whether the bytes were taken. */
  check(bytes: Uint8Array<ArrayBuffer>, seed: Seed, random: Random): boolean;
}

/** The name of a target. */
export type TargetName = "elf" | "btf" | "ext" | "relocate" | "asm";

/** Made when asked for. */
export const TARGETS: Readonly<Record<TargetName, () => Target>> = {
  elf: (): Target => ({ seeds: elfSeeds(), check: checkElf }),
  btf: (): Target => ({ seeds: sectionSeeds(".BTF"), check: checkBtf }),
  ext: extTarget,
  relocate: relocateTarget,
  asm: (): Target => ({ seeds: codeSeeds(), check: checkCode }),
};

/** Parses twice, and throws where the results differ. */
function twice<T>(parse: () => T | ParseError): T | ParseError {
  const [first, second] = [parse(), parse()];
  if (first instanceof ParseError ? String(first) === String(second) : isDeepStrictEqual(first, second)) {
    return first;
  }
  throw new Error("the same bytes give another result the second time");
}

function checkElf(bytes: Uint8Array, _seed: Seed, random: Random): boolean {
  const spec = twice(() => attempt([ElfError], bytes.length, () => parseElf(bytes)));
  attempt([ElfError], bytes.length, () => elfSection(bytes, ".BTF"));
  if (spec instanceof ParseError) return false;
  checkSpec(spec, random);
  return true;
}

function checkSpec({ programs, maps, variables, btf, byteOrder }: ObjectSpec, random: Random): void {
  const program = programs.length > 0 ? pick(random, programs) : undefined;
  if (program !== undefined) {
    disassemble(program.instructions);
    attempt([BytecodeError], Infinity, () => encode(program.instructions, { byteOrder }));
    if (btf) {
      attempt([BtfError, BytecodeError], Infinity, () => relocate(program.instructions, btf, [btf]));
    }
  }
  if (btf === undefined) return;
  const ids = [
    ...maps.flatMap((map) => [map.keyTypeId, map.valueTypeId]),
    ...variables.map((each) => each.typeId),
  ];
  if (ids.length > 0) checkValue(btf, pick(random, ids));
}

function checkBtf(bytes: Uint8Array, _seed: Seed, random: Random): boolean {
  const btf = twice(() => attempt([BtfError], bytes.length, () => parseBtf(bytes)));
  if (btf instanceof ParseError) return false;
  const types = attempt([BtfError], bytes.length, () => [...btf.types()]);
  for (let i = 0; i < 4; i++) checkType(btf, random(btf.count + 1));
  pick(random, WHOLE)(btf);
  return !(types instanceof ParseError);
}

const REFUSES_BTF = [BtfError];

function checkType(btf: Btf, id: number): void {
  attempt(REFUSES_BTF, btf.bytes.length, () => typeName(btf, id));
  attempt(REFUSES_BTF, btf.bytes.length, () => alignOf(btf, id));
  attempt(REFUSES_BTF, btf.bytes.length, () => formatC(btf, [id]));
  attempt(REFUSES_BTF, btf.bytes.length, () => btf.idsNamed(btf.nameOf(id)));
  attempt(REFUSES_BTF, btf.bytes.length, () => encoded(new BtfBuilder(), btf, id));
  checkValue(btf, id);
}

/** Enough for the values of all sound types. */
const VALUE = new DataView(new ArrayBuffer(1 << 12));

function checkValue(btf: Btf, id: number): void {
  const size = attempt(REFUSES_BTF, btf.bytes.length, () => sizeOf(btf, id));
  if (size instanceof ParseError || size > VALUE.byteLength) {
    attempt(REFUSES_BTF, btf.bytes.length, () => btfCodec(btf, id));
    return;
  }
  attempt(REFUSES_BTF, btf.bytes.length, () => formatValue(btf, id, VALUE));
  attempt(REFUSES_BTF, btf.bytes.length, () => {
    const codec = btfCodec(btf, id);
    codec.read(new DataView(VALUE.buffer, 0, codec.size), 0);
  });
}

function encoded(builder: BtfBuilder, btf: Btf, id: number): void {
  builder.copy(btf, id);
  const copy = builder.build({ byteOrder: btf.byteOrder });
  for (const _type of copy.types());
}

const LACKING = { functions: false, globalFunctions: false, sections: false, questionMarks: false };
const OLD = { ...LACKING, floats: false, declTags: false, typeTags: false, enum64: false };

/** What makes something of a whole BTF; one of them is done in each case. */
const WHOLE: readonly ((btf: Btf) => void)[] = [
  (btf) => void attempt(REFUSES_BTF, btf.bytes.length, () => dedupBtf(btf)),
  (btf) => void attempt(REFUSES_BTF, btf.bytes.length, () => mergeBtf([btf, btf])),
  (btf) => void attempt(REFUSES_BTF, btf.bytes.length, () => sanitizeBtf(placeKsyms(btf), OLD)),
  (btf) => void attempt(REFUSES_BTF, btf.bytes.length, () => formatC(btf)),
  (btf) =>
    void attempt(REFUSES_BTF, btf.bytes.length, () => {
      const builder = new BtfBuilder({ base: btf });
      builder.add({ kind: "pointer", name: "", typeId: btf.count - 1 });
      relocateSplit(builder.build(), btf);
    }),
];

function extTarget(): Target {
  const types = new Map(
    sectionSeeds(".BTF").map(({ name, bytes }) => [name.replace(".btf", ""), parseBtf(bytes)]),
  );
  return {
    seeds: sectionSeeds(".BTF.ext"),
    check(bytes, { name }) {
      const btf = types.get(name.replace(".ext", ""));
      if (btf === undefined) throw new Error(`no types for ${name}`);
      const info = twice(() =>
        attempt([BtfError], Math.max(bytes.length, btf.bytes.length), () => parseExtInfo(bytes, btf))
      );
      return !(info instanceof ParseError);
    },
  };
}

/** Damages the types of the object, those of the kernel, or the records. */
function relocateTarget(): Target {
  const { local, target } = relocationSeeds();
  const spec = parseElf(local.bytes);
  const kernel = btfSeed("kernel", target.bytes);
  const types = parseBtf(kernel.bytes);
  const object = btfSeed("object", local.bytes);
  return {
    seeds: [object, kernel],
    check(bytes, seed, random) {
      const damaged = attempt([BtfError], bytes.length, () => parseBtf(bytes));
      if (damaged instanceof ParseError) return false;
      const ours = seed === object ? damaged : parseBtf(object.bytes);
      const theirs = seed === kernel ? damaged : types;
      const { instructions } = pick(random, spec.programs);
      const changed = random(2) === 0
        ? instructions
        : instructions.map((each) => changeRecord(each, ours, random));
      const relocated = twice(() =>
        attempt([BtfError, BytecodeError], Infinity, () => relocate(changed, ours, [theirs, theirs]))
      );
      return !(relocated instanceof ParseError);
    },
  };
}

function btfSeed(name: string, object: Uint8Array): Seed {
  const section = elfSection(object, ".BTF");
  if (section === undefined) throw new Error(`no types in ${name}`);
  return sectionSeed(name, section, true);
}

function changeRecord(instruction: Instruction, btf: Btf, random: Random): Instruction {
  const { relocation } = instruction;
  if (relocation === undefined || random(4) > 0) return instruction;
  const accessors = [
    "",
    "0",
    "0:0",
    "0:1:2",
    "1:0",
    "999999999:0",
    "0:4294967296",
    "-1",
    "0:",
    "0:0:0:0:0:0:0",
  ];
  const changed = {
    kind: random(2) === 0 ? relocation.kind : random(16),
    typeId: random(2) === 0 ? relocation.typeId : random(btf.count + 1),
    accessor: random(2) === 0 ? relocation.accessor : pick(random, accessors),
  };
  const opcode = random(4) === 0 ? random(256) : instruction.opcode;
  return { ...instruction, opcode, relocation: changed };
}

function checkCode(bytes: Uint8Array, { littleEndian }: Seed, _random: Random): boolean {
  const byteOrder = littleEndian ? "little" : "big";
  const program = twice(() => attempt([BytecodeError], bytes.length, () => decode(bytes, { byteOrder })));
  if (program instanceof ParseError) return false;
  disassemble(program);
  programTag(program, { byteOrder });
  const again = encode(program, { byteOrder });
  if (again.length !== bytes.length || again.some((byte, i) => byte !== bytes[i])) {
    throw new Error("encode() does not give back what decode() was given");
  }
  return true;
}

/** Runs a case, and gives whether its bytes were taken. */
export function runCase(target: Target, seed: number, number: number): boolean {
  const random = randomOf(seed, number);
  const sound = pick(random, target.seeds);
  return target.check(mutate(sound, random).bytes, sound, random);
}

/** Which bytes a case damages, and how. */
export function describeCase(name: TargetName, seed: number, number: number): string {
  const random = randomOf(seed, number);
  const sound = pick(random, TARGETS[name]().seeds);
  return `${sound.name}: ${mutate(sound, random).changes.join(", ")}`;
}

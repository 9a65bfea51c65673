/** What the types of BTF promise and refuse; `deno check` is the test. */
import {
  type Btf,
  type BtfBuilder,
  type BtfComposite,
  type BtfFeatures,
  type BtfOfKind,
  type BtfType,
  formatC,
  type NewBtfType,
  sanitizeBtf,
} from "../../src/btf/mod.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function expectType<T extends true>(_?: T): void {}

// A new type is one of those that have a record, without its id
expectType<Equal<NewBtfType["kind"], Exclude<BtfType["kind"], "void">>>();
expectType<Equal<"id" extends keyof NewBtfType ? true : false, false>>();
expectType<Equal<BtfOfKind<"struct">, BtfComposite>>();

export function build(builder: BtfBuilder, btf: Btf): void {
  const type = btf.type(1);
  if (type.kind !== "void") builder.add(type);
  // @ts-expect-error void has no record
  builder.add({ kind: "void", name: "" });
  // @ts-expect-error a pointer points to something
  builder.add({ kind: "pointer", name: "" });
  // @ts-expect-error only tags are attributes
  builder.add({ kind: "float", name: "float", size: 4, attribute: true });
  builder.add({ kind: "typeTag", name: "address_space(1)", typeId: 1, attribute: true });
  // @ts-expect-error is it set, it is true
  builder.add({ kind: "typeTag", name: "user", typeId: 1, attribute: false });
  // @ts-expect-error the byte order is the one or the other
  builder.encode({ byteOrder: "middle" });
  const bytes: Uint8Array = builder.encode({ byteOrder: "big" });
  formatC(btf, new Set([bytes.length]));
}

export function sanitize(btf: Btf, features: BtfFeatures): Btf {
  // @ts-expect-error what a kernel knows is a fact
  features.floats = true;
  // @ts-expect-error each feature is known or not
  sanitizeBtf(btf, { floats: false });
  return sanitizeBtf(btf, features);
}

/**
 * BTF, the type information of kernels and BPF objects.
 *
 * @module
 */

// Reading
export type { Btf } from "./btf.ts";
export { parseBtf } from "./parse.ts";
export type { ParseBtfOptions } from "./parse.ts";
export { essentialName } from "./essential_name.ts";

// Walking from type to type
export { alignOf, sizeOf, skipModifiers, skipQualifiers, typeName } from "./walk.ts";

// What .BTF.ext says about instructions
export { parseExtInfo } from "./ext_info.ts";
export type { ExtInfo, FunctionInfo, LineInfo, RelocationInfo } from "./ext_info.ts";
export { encodeFunctionInfo, encodeLineInfo, FUNCTION_INFO_SIZE, LINE_INFO_SIZE } from "./encode_info.ts";
export type { FunctionInfoRecord, LineInfoRecord } from "./encode_info.ts";

// Values
export { btfCodec } from "./codec.ts";
export type { BtfValue } from "./codec.ts";

// Making
export { BtfBuilder } from "./build.ts";
export type { BtfBuilderOptions, EncodeBtfOptions } from "./build.ts";
export { dedupBtf } from "./dedup.ts";
export type { DedupResult } from "./dedup.ts";
export { mergeBtf } from "./merge.ts";
export type { MergeResult } from "./merge.ts";
export { relocateSplit } from "./relocate_split.ts";

// Changing
export { patchBtf } from "./patch.ts";

// For the kernel
export { placeKsyms } from "./ksyms.ts";
export { sanitizeBtf } from "./sanitize.ts";
export type { BtfFeatures } from "./sanitize.ts";

// As text
export { formatC } from "./format_c.ts";
export { formatValue } from "./format_value.ts";

// Types
export type {
  BtfArray,
  BtfComposite,
  BtfDeclTag,
  BtfEnum,
  BtfEnumerator,
  BtfFloat,
  BtfForward,
  BtfFunction,
  BtfInt,
  BtfKind,
  BtfMember,
  BtfModifier,
  BtfNamed,
  BtfOfKind,
  BtfParameter,
  BtfPrototype,
  BtfSection,
  BtfSectionEntry,
  BtfType,
  BtfVariable,
  BtfVoid,
  NewBtfType,
} from "./types.ts";

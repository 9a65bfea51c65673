/**
 * The part of the room that loading an object needs, without what merges and prints types: every module that a script
 * does not load lets it start 0.2 ms sooner.
 *
 * @module
 */

// Reading
export type { Btf } from "./btf.ts";
export { parseBtf } from "./parse.ts";
export type { ParseBtfOptions } from "./parse.ts";
export { essentialName } from "./essential_name.ts";

// Walking from type to type
export { findMember, memberNames } from "./members.ts";
export { alignOf, sizeOf, skipModifiers, skipQualifiers, typeName } from "./walk.ts";

// What .BTF.ext says about instructions
export { parseExtInfo } from "./ext_info.ts";
export type { ExtInfo, FunctionInfo, LineInfo, RelocationInfo } from "./ext_info.ts";
export {
  encodeFunctionInfo,
  encodeLineInfo,
  FUNCTION_INFO_SIZE,
  LINE_INFO_SIZE,
  linePosition,
} from "./encode_info.ts";
export type { FunctionInfoRecord, LineInfoRecord } from "./encode_info.ts";

// Values
export { btfCodec } from "./codec.ts";
export type { BtfValue } from "./codec.ts";
export { layoutDifference } from "./layout_difference.ts";

// Making
export { BtfBuilder } from "./build.ts";
export { intType } from "./int_type.ts";
export { addMapTypes, type SpecialField, specialSize } from "./map_types.ts";
export type { BtfBuilderOptions, EncodeBtfOptions } from "./build.ts";

// Changing
export { patchBtf } from "./patch.ts";

// For the kernel
export { placeKsyms } from "./ksyms.ts";
export { sanitizeBtf } from "./sanitize.ts";
export type { BtfFeatures } from "./sanitize.ts";

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

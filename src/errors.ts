/**
 * Every error class of the library. A message reads `Cannot <do> <"object">: <state>: <cure>`.
 *
 * Arguments that are wrong whatever the kernel says are plain `TypeError` and `RangeError`.
 *
 * @module
 */

/** The base of every error this library raises about the kernel, an object file or a permission. */
export class WaggleError extends Error {
  /** The name of the class. */
  override name: string = "WaggleError";
}

/** What {@linkcode SyscallError} carries beside its message. */
export interface SyscallErrorDetail extends ErrorOptions {
  /** The system call, with its command where it has several: `bpf(MAP_CREATE)`. */
  readonly syscall: string;
  /** The positive error number, as in `errno(3)`. */
  readonly errno: number;
  /** The symbolic name of the number: `EINVAL`. */
  readonly code: string;
}

/** A system call failed and no narrower class says why. */
export class SyscallError extends WaggleError {
  /** The name of the class. */
  override name: string = "SyscallError";
  /** The system call, with its command where it has several: `bpf(MAP_CREATE)`. */
  readonly syscall: string;
  /** The positive error number, as in `errno(3)`. */
  readonly errno: number;
  /** The symbolic name of the number: `EINVAL`. */
  readonly code: string;

  /** Builds the error from its sentence and the call that failed. */
  constructor(message: string, detail: SyscallErrorDetail) {
    super(message, detail);
    this.syscall = detail.syscall;
    this.errno = detail.errno;
    this.code = detail.code;
  }
}

/** The runtime or the kernel refuses for want of a permission; the message names the missing one. */
export class PermissionError extends WaggleError {
  /** The name of the class. */
  override name: string = "PermissionError";
}

/** The running kernel, machine or runtime lacks a feature. */
export class NotSupportedError extends WaggleError {
  /** The name of the class. */
  override name: string = "NotSupportedError";
}

/** A thing asked for by name, id or path does not exist; the message lists the closest names. */
export class NotFoundError extends WaggleError {
  /** The name of the class. */
  override name: string = "NotFoundError";
}

/** A map, link, ring or mapping is used after it was closed. */
export class ClosedError extends WaggleError {
  /** The name of the class. */
  override name: string = "ClosedError";
}

/** A descriptor, id or pin is of another kind of thing than asked for: a program where a map is wanted. */
export class KindError extends WaggleError {
  /** The name of the class. */
  override name: string = "KindError";
}

/** A list of a map's elements was given up: they are removed and added faster than they can be listed. */
export class IterationError extends WaggleError {
  /** The name of the class. */
  override name: string = "IterationError";
}

/** A map has no room for another element (`E2BIG`). */
export class MapFullError extends WaggleError {
  /** The name of the class. */
  override name: string = "MapFullError";
}

/** A codec and the thing it is bound to disagree about sizes or offsets. */
export class LayoutError extends WaggleError {
  /** The name of the class. */
  override name: string = "LayoutError";
}

/** What {@linkcode ElfError}, {@linkcode BtfError} and {@linkcode BytecodeError} carry beside their message. */
export interface ParseErrorDetail extends ErrorOptions {
  /** Where the bad bytes start, in bytes from the start of the input. */
  readonly offset?: number;
}

/** The base of errors about bytes that cannot be parsed. */
export class ParseError extends WaggleError {
  /** The name of the class. */
  override name: string = "ParseError";
  /** Where the bad bytes start, in bytes from the start of the input; `undefined` where no place is to blame. */
  readonly offset: number | undefined;

  /** Builds the error from its sentence and the place of the bad bytes. */
  constructor(message: string, detail: ParseErrorDetail = {}) {
    super(message, detail);
    this.offset = detail.offset;
  }
}

/** An object file is not what it claims to be. */
export class ElfError extends ParseError {
  /** The name of the class. */
  override name: string = "ElfError";
}

/** BTF (kernel type information) or `.BTF.ext` is malformed, or lacks a type. */
export class BtfError extends ParseError {
  /** The name of the class. */
  override name: string = "BtfError";
}

/** BPF instructions that cannot be decoded or encoded. */
export class BytecodeError extends ParseError {
  /** The name of the class. */
  override name: string = "BytecodeError";
}

/** What {@linkcode VerifierError} carries beside its message. */
export interface VerifierErrorDetail extends ErrorOptions {
  /** The verifier's log, one line an element. */
  readonly log: readonly string[];
}

/** The kernel's verifier refused a program; the message has its telling lines. */
export class VerifierError extends WaggleError {
  /** The name of the class. */
  override name: string = "VerifierError";
  /** The whole log of the verifier, one line an element. */
  readonly log: readonly string[];

  /** Builds the error from its sentence and the verifier's log. */
  constructor(message: string, detail: VerifierErrorDetail) {
    super(message, detail);
    this.log = detail.log;
  }
}

/** What {@linkcode VmError} carries beside its message. */
export interface VmErrorDetail extends ErrorOptions {
  /** The instruction, counted from 0 in the program as it was given. */
  readonly instruction: number;
  /** The function that the instruction is of; `undefined` where its name is unknown. */
  readonly function?: string | undefined;
  /** The line of source, where the instructions know it. */
  readonly source?: { readonly file: string; readonly line: number; readonly text: string } | undefined;
}

/** A program that runs in the virtual machine did what the kernel's verifier would not let it, or had no end. */
export class VmError extends WaggleError {
  /** The name of the class. */
  override name: string = "VmError";
  /** The instruction, counted from 0 in the program as it was given. */
  readonly instruction: number;
  /** The function that the instruction is of; `undefined` where its name is unknown. */
  readonly function: string | undefined;
  /** The line of source; `undefined` where the instructions do not know it. */
  readonly source: { readonly file: string; readonly line: number; readonly text: string } | undefined;

  /** Builds the error from its sentence and the place in the program. */
  constructor(message: string, detail: VmErrorDetail) {
    super(message, detail);
    this.instruction = detail.instruction;
    this.function = detail.function;
    this.source = detail.source;
  }
}

/** What {@linkcode CompileError} carries beside its message. */
export interface CompileErrorDetail extends ErrorOptions {
  /** The file of the kernel function. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  /** What to write instead, where that is known. */
  readonly suggestion?: string | undefined;
}

/** A kernel function says what cannot be made a program of; the message has the place and the cure. */
export class CompileError extends WaggleError {
  /** The name of the class. */
  override name: string = "CompileError";
  /** The file of the kernel function. */
  readonly file: string;
  /** The line in the file, counted from 1. */
  readonly line: number;
  /** The column in the line, counted from 1. */
  readonly column: number;
  /** What to write instead; `undefined` where nobody knows. */
  readonly suggestion: string | undefined;

  /** Builds the error from its sentence and the place in the source. */
  constructor(message: string, detail: CompileErrorDetail) {
    super(message, detail);
    this.file = detail.file;
    this.line = detail.line;
    this.column = detail.column;
    this.suggestion = detail.suggestion;
  }
}

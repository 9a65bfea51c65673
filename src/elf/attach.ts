import type { AttachTarget } from "../spec/mod.ts";

/** A function of the kernel, and perhaps how far into it: `tcp_connect+0x10`. */
const KPROBE = /^([\w.]+)(?:\+(\w+))?$/;
/** A path, which has no colon, and the rest: `/bin/bash:readline+4`. */
const UPROBE = /^([^:]+):(.+)$/;

type Parse = (text: string, type: string) => AttachTarget | undefined;

/** How to read what follows the type, by the type as sections name it, without `.s` and `.w`. */
const FORMS: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ["kprobe", parseKprobe],
  ["kretprobe", parseKprobe],
  ["kprobe.multi", parseFunctions],
  ["kretprobe.multi", parseFunctions],
  ["kprobe.session", parseFunctions],
  ["fentry.multi", parseFunctions],
  ["fexit.multi", parseFunctions],
  ["fsession.multi", parseFunctions],
  ["ksyscall", parseSyscall],
  ["kretsyscall", parseSyscall],
  ["uprobe", parseUprobe],
  ["uretprobe", parseUprobe],
  ["uprobe.multi", parseUserFunctions],
  ["uretprobe.multi", parseUserFunctions],
  ["uprobe.session", parseUserFunctions],
  ["usdt", parseUsdt],
  ["tp", parseTracepoint],
  ["tracepoint", parseTracepoint],
  ["raw_tp", parseRawTracepoint],
  ["raw_tracepoint", parseRawTracepoint],
  ["tp_btf", parseType],
  ["fentry", parseType],
  ["fmod_ret", parseType],
  ["fexit", parseType],
  ["fsession", parseType],
  ["freplace", parseType],
  ["lsm", parseType],
  ["lsm_cgroup", parseType],
  ["iter", parseType],
]);

/**
 * Takes apart what a section says a program attaches to, as libbpf's `attach_…` functions do; `undefined` where the
 * section names nothing, or the type cannot be attached by a name, or the text does not have its form.
 *
 * @param section The argument of `SEC()`, with or without a leading `?`.
 *
 * @example
 * ```ts
 * import { parseAttachTo } from "@waggle/ebpf/elf";
 *
 * const target = parseAttachTo("kprobe/tcp_connect+0x10");
 * if (target?.kind === "kprobe") target.offset; // 16
 * ```
 */
export function parseAttachTo(section: string): AttachTarget | undefined {
  const start = section.startsWith("?") ? 1 : 0;
  const slash = section.indexOf("/");
  if (slash < 0 || slash === section.length - 1) return undefined;
  const type = section.slice(start, slash);
  return FORMS.get(type.replace(/\.[sw]$/, ""))?.(section.slice(slash + 1), type);
}

function parseKprobe(text: string, type: string): AttachTarget | undefined {
  const [, name, after] = KPROBE.exec(text) ?? [];
  const offset = parseOffset(after);
  const atReturn = type === "kretprobe";
  if (name === undefined || offset === undefined || atReturn && offset !== 0) return undefined;
  return { kind: "kprobe", function: name, offset, return: atReturn };
}

function parseFunctions(text: string, type: string): AttachTarget | undefined {
  const [, module, pattern] = /^(?:(\w+):)?([\w.*?]+)$/.exec(text) ?? [];
  if (pattern === undefined || module !== undefined && !type.startsWith("f")) return undefined;
  const target = { kind: "functions", pattern, return: type.startsWith("kret") } as const;
  return module === undefined || module === "vmlinux" ? target : { ...target, module };
}

function parseSyscall(text: string, type: string): AttachTarget {
  return { kind: "syscall", name: text, return: type.startsWith("kret") };
}

/** What follows a plus and is no number is part of the name, as in names of C++. */
function parseUprobe(text: string, type: string): AttachTarget | undefined {
  const [, path, place] = UPROBE.exec(text) ?? [];
  if (path === undefined || place === undefined) return undefined;
  const plus = place.lastIndexOf("+");
  const offset = plus < 0 ? undefined : parseOffset(place.slice(plus + 1));
  const name = offset === undefined ? place : place.slice(0, plus);
  const atReturn = type.startsWith("uret");
  if (name === "" || atReturn && offset) return undefined;
  return { kind: "uprobe", path, function: name, offset: offset ?? 0, return: atReturn };
}

function parseUserFunctions(text: string, type: string): AttachTarget | undefined {
  const [, path, pattern] = UPROBE.exec(text) ?? [];
  if (path === undefined || pattern === undefined) return undefined;
  return { kind: "userFunctions", path, pattern, return: type.startsWith("uret") };
}

function parseUsdt(text: string): AttachTarget | undefined {
  const [path, provider, name, ...rest] = text.split(":");
  if (!path || !provider || !name || rest.length > 0) return undefined;
  return { kind: "usdt", path, provider, name };
}

function parseTracepoint(text: string): AttachTarget | undefined {
  const slash = text.indexOf("/");
  if (slash <= 0 || slash === text.length - 1) return undefined;
  return { kind: "tracepoint", group: text.slice(0, slash), name: text.slice(slash + 1) };
}

function parseRawTracepoint(text: string): AttachTarget {
  return { kind: "rawTracepoint", name: text };
}

function parseType(text: string): AttachTarget | undefined {
  const colon = text.indexOf(":");
  const [module, name] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
  if (name === "" || colon === 0) return undefined;
  return { kind: "type", name, ...(module !== "" && module !== "vmlinux" ? { module } : {}) };
}

/** A number in decimal, or in hexadecimal after `0x`; 0 where there is no text. */
function parseOffset(text: string | undefined): number | undefined {
  if (text === undefined) return 0;
  return /^(0[xX][\da-fA-F]{1,12}|\d{1,15})$/.test(text) ? Number(text) : undefined;
}

/**
 * Ways to attach to what a section names.
 *
 * @module
 */
import {
  attachIterator,
  attachKprobe,
  attachKprobeMulti,
  attachKsyscall,
  attachRawTracepoint,
  attachTracepoint,
  attachTracing,
  attachTracingMulti,
  attachUprobe,
  attachUprobeMulti,
  attachUsdt,
} from "../link/mod.ts";
import type { BpfMap } from "../map/mod.ts";
import type { AttachTarget, ProgramSpec } from "../spec/mod.ts";
import { BPF_ATTACH_TYPE, BPF_PROG_TYPE } from "../uapi/mod.ts";
import { type Way, way } from "./attach_way.ts";

type Target<K extends AttachTarget["kind"]> = Extract<AttachTarget, { readonly kind: K }>;

/** How a program of an object with these maps is attached to what its section names. */
export function wayToNamed(
  target: AttachTarget,
  spec: ProgramSpec,
  maps: ReadonlyMap<string, BpfMap>,
): Way {
  const { attachType } = spec;
  switch (target.kind) {
    case "kprobe": {
      const { function: name, offset, return: atReturn } = target;
      return way(
        ["cookie"],
        (program, options) => attachKprobe(program, name, { offset, return: atReturn, ...options }),
      );
    }
    case "syscall":
      return way(
        ["cookie"],
        (program, options) => attachKsyscall(program, target.name, { return: target.return, ...options }),
      );
    case "functions":
      return spec.type === BPF_PROG_TYPE.TRACING
        ? wayToTypedFunctions(target)
        : wayToFunctions(target, attachType === BPF_ATTACH_TYPE.TRACE_KPROBE_SESSION);
    case "uprobe": {
      const { path, function: name, offset, return: atReturn } = target;
      const place = offset === 0 ? name : `${name}+${offset}`;
      return way(
        ["pid", "cookie"],
        (program, options) => attachUprobe(program, path, place, { return: atReturn, ...options }),
      );
    }
    case "userFunctions":
      return wayToUserFunctions(target, attachType === BPF_ATTACH_TYPE.TRACE_UPROBE_SESSION);
    case "usdt": {
      const [specs, ids] = USDT_MAPS.map((name) => maps.get(name));
      const { path, provider, name } = target;
      return way(
        ["pid", "cookie"],
        (program, options) =>
          attachUsdt(program, path, `${provider}:${name}`, {
            ...options,
            ...(specs && { specs }),
            ...(ids && { ids }),
          }),
      );
    }
    case "tracepoint":
      return way(
        ["cookie"],
        (program, options) => attachTracepoint(program, `${target.group}:${target.name}`, options),
      );
    case "rawTracepoint":
      return way(["cookie"], (program, options) => attachRawTracepoint(program, target.name, options));
    case "type":
      return attachType === BPF_ATTACH_TYPE.TRACE_ITER
        ? way(["map", "cgroup", "order", "pid"], attachIterator)
        : way(["cookie"], attachTracing);
  }
}

/** By which programs find the arguments: `bpf/usdt.bpf.h` of libbpf. */
const USDT_MAPS = ["__bpf_usdt_specs", "__bpf_usdt_ip_to_spec_id"] as const;

/** Whether a text is a pattern, and no name. */
function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}

/** A name alone may have a cookie. */
function wayToFunctions({ pattern, return: atReturn }: Target<"functions">, session: boolean): Way {
  if (isPattern(pattern)) {
    return way([], (program) => attachKprobeMulti(program, { pattern, return: atReturn, session }));
  }
  return way(["cookie"], (program, { cookie }) =>
    attachKprobeMulti(program, {
      symbols: [pattern],
      return: atReturn,
      session,
      ...(cookie !== undefined && { cookies: [cookie] }),
    }));
}

function wayToTypedFunctions({ pattern }: Target<"functions">): Way {
  if (isPattern(pattern)) return way([], (program) => attachTracingMulti(program, { pattern }));
  return way(["cookie"], (program, { cookie }) =>
    attachTracingMulti(program, {
      symbols: [pattern],
      ...(cookie !== undefined && { cookies: [cookie] }),
    }));
}

function wayToUserFunctions(target: Target<"userFunctions">, session: boolean): Way {
  const { path, pattern, return: atReturn } = target;
  if (isPattern(pattern)) {
    return way(
      ["pid"],
      (program, options) =>
        attachUprobeMulti(program, path, { pattern, return: atReturn, session, ...options }),
    );
  }
  return way(["pid", "cookie"], (program, { cookie, ...options }) =>
    attachUprobeMulti(program, path, {
      symbols: [pattern],
      return: atReturn,
      session,
      ...options,
      ...(cookie !== undefined && { cookies: [cookie] }),
    }));
}

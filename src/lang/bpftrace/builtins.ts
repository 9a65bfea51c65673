/**
 * Names that a script finds: `pid`, `comm`, `nsecs`.
 *
 * @module
 */
import type { HelperName } from "../../asm/mod.ts";
import { closest } from "../../names.ts";
import { constant } from "../check/convert.ts";
import { Fault, type Place } from "../ir/place.ts";
import { argumentAt, codeAddress, contextValue, returned, stackArgument } from "./context.ts";
import type { Lowering } from "./lowering.ts";
import { addressType } from "./memory.ts";
import { computed } from "./numbers.ts";
import { half, helper, processNumber } from "./process.ts";
import { stackValue } from "./stacks.ts";
import { pointerTo } from "./structs.ts";
import { COMM_SIZE, UINT64 } from "./types.ts";
import { numberValue, partsValue, scalarValue, stringValue, textValue, type Value } from "./value.ts";

type Builtin = (lowering: Lowering, place: Place) => Value;

const plain = (name: HelperName): Builtin => (_, place) => scalarValue(UINT64, helper(name, place));

const BUILTINS: Readonly<Record<string, Builtin>> = {
  pid: (_, place) => scalarValue(UINT64, processNumber(place)),
  tid: (_, place) => half(helper("bpf_get_current_pid_tgid", place), "low", place),
  uid: (_, place) => half(helper("bpf_get_current_uid_gid", place), "low", place),
  gid: (_, place) => half(helper("bpf_get_current_uid_gid", place), "high", place),
  cgroup: plain("bpf_get_current_cgroup_id"),
  // It goes on while the machine sleeps, as times of the day do
  nsecs: plain("bpf_ktime_get_boot_ns"),
  cpu: plain("bpf_get_smp_processor_id"),
  numaid: plain("bpf_get_numa_node_id"),
  rand: plain("bpf_get_prandom_u32"),
  curtask: ({ host }, place) => {
    const task = host.types().find("task_struct", "struct")?.id ?? 0;
    const address = { ...helper("bpf_get_current_task", place), type: addressType("kernel") };
    return scalarValue(pointerTo(host.types(), task, "kernel"), address);
  },
  elapsed: ({ host }, place) => {
    const now = helper("bpf_ktime_get_boot_ns", place);
    return computed("-", now, constant(host.started, place), UINT64, place);
  },
  comm: (_, place) => textValue({ kind: "comm", type: { kind: "text", size: COMM_SIZE }, place }),
  username: (_, place) => {
    const { ir } = half(helper("bpf_get_current_uid_gid", place), "low", place);
    return { type: { kind: "username" }, place, ir };
  },
  func: (lowering, place) => {
    const { site } = lowering;
    // By its name, so that it is known of processes that are gone when it is shown
    const isNamed = site.context.kind === "typed" ||
      site.path !== undefined && !/[*?]/.test(site.function ?? "*");
    if (isNamed && site.function !== undefined) {
      lowering.isSpecific = true;
      return stringValue(site.function, place);
    }
    const address = scalarValue(UINT64, codeAddress(lowering, place));
    const isUser = site.context.kind === "registers" && site.context.space === "user";
    return isUser ? userSymbol(address, place) : { ...address, type: { kind: "ksym" } };
  },
  probe: (lowering, place) => {
    lowering.isSpecific = true;
    return stringValue(lowering.site.probe, place);
  },
  retval: returned,
  kstack: (lowering, place) => stackValue(lowering, false, [], place),
  ustack: (lowering, place) => stackValue(lowering, true, [], place),
  ctx: (lowering, place) => contextValue(lowering, lowering.site.context, place),
  cpid: ({ host }, place) => {
    if (host.child !== undefined) return numberValue(BigInt(host.child), place);
    throw new Fault(place, "there is no cpid", "start a command: -c CMD");
  },
};

/** The value of a name, if it is one that a script finds. */
export function builtin(lowering: Lowering, name: string, place: Place): Value | undefined {
  const [, kind, index] = /^(s?arg)(\d)$/.exec(name) ?? [];
  if (kind !== undefined) {
    return kind === "arg"
      ? argumentAt(lowering, Number(index), place)
      : stackArgument(lowering, Number(index), place);
  }
  const make = Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined;
  return make?.(lowering, place);
}

/** The names that are closest to a wrong one, for messages. */
export function closestBuiltin(name: string): string {
  return closest(name, [...Object.keys(BUILTINS), "args", "arg0", "sarg0"]);
}

/** The name of what is at an address of the process that runs. */
export function userSymbol(address: Value, place: Place): Value {
  return partsValue({ kind: "usym" }, [address, scalarValue(UINT64, processNumber(place))], place);
}

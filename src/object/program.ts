/**
 * Programs of objects, which know where they belong.
 *
 * @module
 */
import type { Attachment } from "../link/mod.ts";
import type { BpfMap } from "../map/mod.ts";
import { type AttachType, attachTypeName, Program, type ProgramOrigin } from "../program/mod.ts";
import type { ProgramSpec } from "../spec/mod.ts";
import type { Descriptor } from "../sys/mod.ts";
import { attachProgram } from "./attach.ts";
import type { AttachOptions } from "./attach_way.ts";

/** A program of an object: one whose section says what it is and where it attaches. */
export class ObjectProgram extends Program {
  /** What it was loaded from; its section is the argument of `SEC()`. */
  readonly spec: ProgramSpec;
  /** The maps of its object, by their names. */
  readonly maps: ReadonlyMap<string, BpfMap>;

  /** Takes the descriptor over. */
  constructor(
    descriptor: Descriptor,
    spec: ProgramSpec,
    maps: ReadonlyMap<string, BpfMap>,
    origin: ProgramOrigin = {},
  ) {
    const { name, attachTo } = spec;
    super(descriptor, name, { attachTo, expectedAttachType: attachTypeOf(spec), ...origin });
    this.spec = spec;
    this.maps = maps;
  }

  /** Another handle of the same program, which is closed by itself. */
  override clone(): ObjectProgram {
    return new ObjectProgram(this.descriptor.clone(), this.spec, this.maps, this.origin);
  }

  /**
   * Attaches the program as its section says: `SEC("kprobe/tcp_connect")` to that function. Where the section leaves the
   * place open, as those for devices and cgroups do, the options name it.
   *
   * It is what {@linkcode attachTracepoint} and its like do: the result is a {@linkcode Link} where the kernel makes one
   * (an {@linkcode IteratorLink} of iterators), and everything that they may throw is thrown here.
   *
   * @example By its section alone, and with the place that the section leaves open
   * ```ts ignore
   * import { load } from "@waggle/ebpf";
   *
   * await using object = await load("network.bpf.o");
   * using connects = object.programs.get("on_connect").attach(); // SEC("kprobe/tcp_connect")
   * using packets = object.programs.get("on_packet").attach({ device: "eth0" }); // SEC("xdp")
   * ```
   *
   * @throws {TypeError} The section leaves the place open and the options do not name it, or programs of the section are
   * not attached but run or called otherwise, or have no such option.
   */
  attach(options: AttachOptions = {}): Attachment {
    return attachProgram(this, options);
  }
}

/** The first attach type, `cgroup_inet_ingress`, has the number that other programs have for none: it is told by the section. */
function attachTypeOf({ attachType, section }: ProgramSpec): AttachType | undefined {
  if (attachType === 0) return section.startsWith("cgroup_skb/ingress") ? "cgroup_inet_ingress" : undefined;
  const name = attachTypeName(attachType);
  return name.startsWith("attach type ") ? undefined : name as AttachType;
}

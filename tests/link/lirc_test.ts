import { assertEquals, assertThrows } from "@std/assert";
import { closeSync, openSync, readFileSync, readlinkSync, writeSync } from "node:fs";
import { type Native, native, useNative } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { NotFoundError, NotSupportedError, PermissionError, SyscallError } from "../../src/errors.ts";
import { attachLirc, queryPrograms } from "../../src/link/mod.ts";
import { loadProgram, type Program } from "../../src/program/mod.ts";
import { BPF_CMD } from "../../src/uapi/mod.ts";
import { eventually } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { lircLoopback } from "../_needs.ts";
import { withFolder } from "../_run.ts";
import { counter, hitsOf } from "./_contract.ts";

/** `LIRC_MODE2_PULSE` of `include/uapi/linux/lirc.h`; spaces are 0. */
const PULSE = 0x0100_0000;

/** Sends pulses and spaces by turns, of so many µs. */
function send(path: string, ...lengths: readonly number[]): void {
  const file = openSync(path, "w");
  writeSync(file, new Uint8Array(Uint32Array.from(lengths).buffer));
  closeSync(file);
}

test(
  "attachLirc() runs the program for each pulse and space, until it is closed",
  { needs: ["lirc"] },
  async () => {
    const path = lircLoopback() ?? "";
    const { object, hits } = await counter("lirc");
    await using _object = object;
    const program = object.programs.get("on_sample");
    const attachment = attachLirc(program, path);
    assertEquals(queryPrograms({ lirc: path, attachType: "lirc_mode2" }), {
      programs: [{ id: program.info.id, name: "on_sample", linkId: undefined, flags: 0 }],
      revision: 0n,
    });
    send(path, 510, 620, 730);
    const samples = [PULSE | 510, 620, PULSE | 730];
    assertEquals(await eventually(() => samples.every((sample) => hitsOf(hits, [sample]) === 1)), true);
    assertThrows(
      () => attachLirc(program, path),
      SyscallError,
      `the program is attached there already: attached there program "on_sample" (id ${program.info.id})`,
    );
    using other = loadProgram({ name: "other", type: "lirc_mode2", instructions: [mov(r0, 0), exit()] });
    const second = attachLirc(other, path);
    attachment.close();
    attachment.close();
    assertEquals(
      queryPrograms({ lirc: path, attachType: "lirc_mode2" }).programs.map(({ name }) => name),
      ["other"],
    );
    second.close();
    send(path, 515);
    assertEquals(queryPrograms({ lirc: path, attachType: "lirc_mode2" }).programs, []);
    assertEquals(hits.has(PULSE | 515), false);
  },
);

test("attachLirc() refuses what is no receiver", { needs: ["lirc"] }, () => {
  using program = loadProgram({ name: "idle", type: "lirc_mode2", instructions: [mov(r0, 0), exit()] });
  assertThrows(
    () => attachLirc(program, "/dev/null"),
    SyscallError,
    'Cannot create an attachment of program "idle" to infrared receiver "/dev/null": invalid argument ' +
      "(EINVAL from bpf(PROG_ATTACH)): it is no receiver of raw infrared signals",
  );
});

/** A program of another type, as many kernels have no such programs. */
function other(): Program {
  return loadProgram({ name: "other", type: "xdp", instructions: [mov(r0, 0), exit()] });
}

test("attachLirc() says what is wrong with the file and the program", { needs: ["bpf"] }, () => {
  using program = other();
  withFolder((folder) => {
    const path = `${folder}/lirc0`;
    closeSync(openSync(`${folder}/lirc1`, "w"));
    assertThrows(
      () => attachLirc(program, path),
      NotFoundError,
      `Cannot open infrared receiver "${path}": there is no such file: did you mean "lirc1"?`,
    );
    assertThrows(
      () => queryPrograms({ lirc: path, attachType: "lirc_mode2" }),
      NotFoundError,
      "no such file",
    );
  });
  assertThrows(
    () => attachLirc(program, "/dev/null"),
    TypeError,
    "the program is of type xdp, not lirc_mode2",
  );
  assertThrows(
    () => queryPrograms({ lirc: "/dev/null", attachType: "lirc_mode2" }),
    NotSupportedError,
    '/dev/null" (lirc_mode2): it is no receiver of raw infrared signals, or the kernel is built without',
  );
});

/** This kernel, as if it answered `BPF_PROG_ATTACH` like this, and the list of what is attached with nothing. */
function refusing(errno: number): Native {
  const real = native();
  return {
    ...real,
    bpf: (command, ...rest) =>
      command === BPF_CMD.PROG_ATTACH
        ? -errno
        : command === BPF_CMD.PROG_QUERY
        ? -22
        : real.bpf(command, ...rest),
  };
}

/** `BPF_LIRC_MODE2` of `include/uapi/linux/bpf.h`. */
const LIRC_MODE2 = 16;
/** `O_ACCMODE`, and `O_WRONLY` of it. */
const [ACCESS, WRITE_ONLY] = [3, 1];

test("attachLirc() asks the kernel for what lirc_prog_attach() takes", { needs: ["bpf"] }, () => {
  const calls: unknown[] = [];
  const real = native();
  const names = new Map<number, string>([[BPF_CMD.PROG_ATTACH, "attach"], [BPF_CMD.PROG_DETACH, "detach"]]);
  const fake: Native = {
    ...real,
    bpf(command, attr, size) {
      const view = new DataView(real.bufferAt(attr, size).slice(0));
      const word = (at: number) => view.getUint32(at, true);
      const file = (at: number) => readlinkSync(`/proc/self/fd/${word(at)}`);
      const name = names.get(command);
      if (name !== undefined) {
        const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${word(0)}`, "utf8"))?.[1] ??
          "";
        calls.push([name, file(0), parseInt(flags, 8) & ACCESS, file(4), word(8), word(12)]);
        return 0;
      }
      if (command !== BPF_CMD.PROG_QUERY) return real.bpf(command, attr, size);
      calls.push(["query", file(0), word(4), word(8)]);
      const ids = new Uint32Array(real.bufferAt(view.getBigUint64(16, true), 8));
      ids.set([0x7fff_fff0, 0x7fff_fff1]);
      new DataView(real.bufferAt(attr, size)).setUint32(24, 2, true);
      return 0;
    },
  };
  using program = other();
  using _native = useNative(fake);
  attachLirc(program, "/dev/null").close();
  const call = ["/dev/null", WRITE_ONLY, "anon_inode:bpf-prog", LIRC_MODE2, 0];
  assertEquals(calls.splice(0), [["attach", ...call], ["detach", ...call]]);
  const { programs } = queryPrograms({ lirc: "/dev/null", attachType: "lirc_mode2" });
  assertEquals(programs.map(({ id, linkId, flags }) => [id, linkId, flags]), [
    [0x7fff_fff0, undefined, 0],
    [0x7fff_fff1, undefined, 0],
  ]);
  assertEquals(calls, [["query", "/dev/null", LIRC_MODE2, 0]]);
});

test("attachLirc() says why the kernel refuses", { needs: ["bpf"] }, () => {
  using program = other();
  const refused = (errno: number, type: typeof PermissionError | typeof SyscallError, message: string) => {
    using _native = useNative(refusing(errno));
    assertThrows(() => attachLirc(program, "/dev/null"), type, message);
  };
  refused(1, PermissionError, "not permitted: it has CAP_BPF, CAP_NET_ADMIN");
  refused(7, SyscallError, "64 programs are attached there: none is attached there");
  refused(17, SyscallError, "the program is attached there already");
  refused(19, SyscallError, "no such device (ENODEV from bpf(PROG_ATTACH)): the device was unplugged");
});

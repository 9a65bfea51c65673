import { assertEquals, assertThrows } from "@std/assert";
import { fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";
import { SyscallError } from "../../src/errors.ts";
import { perfEventEnable, perfEventOpen, perfEventSetProgram } from "../../src/sys/mod.ts";
import { PERF_COUNT_SW, PERF_EVENT_ATTR, PERF_TYPE } from "../../src/uapi/mod.ts";
import { evaluate } from "../_c.ts";
import { test } from "../_harness.ts";
import { FAKE_FD, fakeDescriptor } from "./_fake.ts";

const HEADERS = "#include <linux/perf_event.h>\n#include <sys/ioctl.h>";
const TARGET = { pid: -1, cpu: 0 };

test("perfEventOpen() hands the kernel what C would", { needs: ["linux", "cc"] }, () => {
  const fake = fakeNative(() => FAKE_FD);
  using _ = useNative(fake);
  using event = perfEventOpen("a clock", { type: PERF_TYPE.SOFTWARE, config: 3 }, { pid: 12, cpu: -1 });
  const [call] = fake.calls;
  const [address = 0, ...rest] = call?.args ?? [];
  const [type, size, flag] = evaluate(HEADERS, [
    ...["PERF_TYPE_SOFTWARE", "offsetof(struct perf_event_attr, size)", "PERF_FLAG_FD_CLOEXEC"],
  ]).map(Number);
  assertEquals([call?.name, rest], ["perf_event_open", [12, -1, -1, flag, 0]]);
  const view = new DataView((call?.memory(address, PERF_EVENT_ATTR.size) ?? new Uint8Array()).slice().buffer);
  assertEquals(view.getUint32(0, true), type);
  assertEquals(view.getUint32(size ?? 0, true), view.byteLength);
  assertEquals(event.what, "a clock");
});

test(
  "perfEventEnable() and perfEventSetProgram() use the ioctls of the header",
  { needs: ["linux", "cc"] },
  () => {
    const fake = fakeNative(() => 0);
    using _ = useNative(fake);
    using event = fakeDescriptor(1, "event");
    using program = fakeDescriptor(2, "program");
    perfEventEnable(event);
    perfEventSetProgram(event, program);
    const [enable = 0, setBpf = 0] = evaluate(HEADERS, ["PERF_EVENT_IOC_ENABLE", "PERF_EVENT_IOC_SET_BPF"])
      .map(Number);
    assertEquals(fake.calls.map(({ name, args }) => [name, ...args.slice(0, 3)]), [
      ["ioctl", event.fd, enable, 0],
      ["ioctl", event.fd, setBpf, program.fd],
    ]);
  },
);

test("perfEventOpen() opens an event that the kernel counts", { needs: ["linux", "bpf"] }, () => {
  const fields = { type: PERF_TYPE.SOFTWARE, config: PERF_COUNT_SW.CPU_CLOCK, disabled: 1 };
  using event = perfEventOpen("a clock", fields, TARGET);
  perfEventEnable(event);
});

test("perfEventOpen() says what it cannot open", { needs: ["linux", "bpf"] }, () => {
  assertThrows(
    () => perfEventOpen("event 9999", { type: PERF_TYPE.TRACEPOINT, config: 9_999_999 }, TARGET),
    SyscallError,
    "Cannot open event 9999: ",
  );
});

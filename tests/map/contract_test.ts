/** What all types of maps fulfil. */
import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { existsSync, readFileSync } from "node:fs";
import { fakeNative } from "../../ffi/fake.ts";
import { native, useNative } from "../../ffi/mod.ts";
import { u8 } from "../../src/codec/mod.ts";
import {
  ClosedError,
  LayoutError,
  NotSupportedError,
  PermissionError,
  SyscallError,
} from "../../src/errors.ts";
import { kernelBtf } from "../../src/kernel/mod.ts";
import { createMap, listMaps, openMap, queue } from "../../src/map/mod.ts";
import { nextId, pageSize } from "../../src/sys/mod.ts";
import { BPF_MAP_TYPE } from "../../src/uapi/mod.ts";
import { eventually, shown } from "../_bpf.ts";
import { missing, type Need } from "../_needs.ts";
import { test } from "../_harness.ts";
import { withPins } from "./_pins.ts";
import { type Subject, subjects } from "./_subjects.ts";
import { unprivileged } from "./_unprivileged.ts";

const BPF: { readonly needs: readonly Need[] } = { needs: ["bpf", "bpftool"] };

const all = missing("linux") === undefined ? subjects() : [];
for (const subject of all) if (isHere(subject)) testMap(subject);

test("the contract is about every type of map of this kernel", { needs: ["btf"] }, () => {
  const types = kernelBtf().find("bpf_map_type", "enum")?.values ?? [];
  assertEquals(types.length > 30, true);
  const numbers = new Set(
    types.filter(({ name }) => name.startsWith("BPF_MAP_TYPE_")).map(({ value }) => Number(value)),
  );
  numbers.delete(BPF_MAP_TYPE.UNSPEC);
  numbers.delete(BPF_MAP_TYPE.STRUCT_OPS); // struct_ops_test.ts: objects create them
  const tested = all.map(({ type }) => BPF_MAP_TYPE[type.toUpperCase() as keyof typeof BPF_MAP_TYPE]);
  assertEquals([...numbers].filter((number) => !tested.includes(number as never)), []);
});

/** Whether the running kernel has such maps. */
function isHere({ type }: Subject): boolean {
  if (missing("btf") !== undefined) return true;
  const enumerator = `BPF_MAP_TYPE_${type.toUpperCase()}`;
  return kernelBtf().find("bpf_map_type", "enum")?.values.some(({ name }) => name === enumerator) ?? true;
}

function testMap({ name, type, kind, options, sizes, maxEntries, flags, since }: Subject): void {
  const create = () => createMap(kind, { name: "subject", ...options });
  /** What is said of a map that lacks another object, which a fake cannot give. */
  const lacks = type.endsWith("_of_maps")
    ? "it is not said what inner maps are like"
    : kind.creation?.typed
    ? "the kernel wants BTF of its key and value"
    : undefined;

  test(`createMap() of ${name}() makes the map that bpftool shows`, BPF, () => {
    using map = createMap(kind, { ...options, name: "a-long name.of a map" });
    const { info } = map;
    const facts = shown("map", info.id);
    assertEquals(
      [facts.name, facts.bytes_key, facts.bytes_value, facts.max_entries, facts.flags],
      ["a_long_name.of_", ...sizes, maxEntries, flags],
    );
    // bpftool 7.1 does not know the names of the newest types
    if (typeof facts.type === "string") assertEquals(facts.type, type);
    assertEquals(
      [info.type, info.name, info.keySize, info.valueSize, info.maxEntries, info.flags],
      [type, facts.name, ...sizes, maxEntries, flags],
    );
    assertEquals([info.memlock, info.frozen], [facts.bytes_memlock ?? 0, facts.frozen === 1]);
    assertEquals(map.name, "a-long name.of a map");
    const fdinfo = readFileSync(`/proc/self/fdinfo/${map.descriptor.fd}`, "utf8");
    assertEquals(Number(/^memlock:\s*(\d+)/m.exec(fdinfo)?.[1]), info.memlock);
    assertEquals(Number(/^map_id:\s*(\d+)/m.exec(fdinfo)?.[1]), info.id);
  });

  test(`listMaps() lists a map of ${name}()`, BPF, async () => {
    let id: number;
    {
      using map = create();
      ({ id } = map.info);
      assertEquals(listMaps().find((info) => info.id === id), map.info);
    }
    // Arrays of programs go in their own time, which begins anew whenever one is closed: prog_array_map_clear()
    assertEquals(await eventually(() => nextId("MAP", id - 1) !== id), true);
    assertEquals(listMaps().find((info) => info.id === id), undefined);
  });

  test(
    `openMap() opens a map of ${name}() by id, descriptor and pin`,
    { needs: [...BPF.needs, "bpffs"] },
    () => {
      withPins((folder) => {
        using map = create();
        const { id } = map.info;
        map.pin(`${folder}/subject`);
        using byId = openMap({ id }, kind);
        using byFd = openMap({ fd: map.descriptor.fd }, kind);
        using byPin = openMap({ pin: `${folder}/subject` }, kind);
        using plain = openMap({ pin: `${folder}/subject` });
        for (const other of [byId, byFd, byPin, plain]) {
          assertEquals([other.info.id, other.name], [id, "subject"]);
          assertNotEquals(other.descriptor.fd, map.descriptor.fd);
        }
        assertEquals(byPin.constructor, map.constructor);
        assertEquals([byPin.pinPath, byId.pinPath], [`${folder}/subject`, undefined]);
        map.close();
        assertEquals(byId.info.id, id);
      });
    },
  );

  test(`a clone of a map of ${name}() is the same map and lives longer`, BPF, () => {
    const map = create();
    using clone = map.clone();
    const { id } = map.info;
    map.close();
    assertEquals([clone.info.id, clone.name, clone.constructor], [id, "subject", map.constructor]);
  });

  test(
    `a map of ${name}() is pinned, pinned elsewhere and unpinned`,
    { needs: [...BPF.needs, "bpffs"] },
    () => {
      withPins((folder) => {
        using map = create();
        const [first, second] = [`${folder}/first`, `${folder}/deeper/second`];
        assertEquals(map.pin(first), map);
        map.pin(first);
        assertEquals([existsSync(first), map.pinPath], [true, first]);
        map.pin(second);
        assertEquals([existsSync(first), existsSync(second), map.pinPath], [false, true, second]);
        using other = create();
        assertThrows(() => other.pin(second), SyscallError, "something is pinned there");
        map.unpin();
        map.unpin();
        assertEquals([existsSync(second), map.pinPath], [false, undefined]);
      });
    },
  );

  test(`a closed map of ${name}() cannot be used`, BPF, () => {
    const map = create();
    map.close();
    map.close();
    assertThrows(() => map.info, ClosedError, 'Cannot use map "subject": it is closed');
    assertThrows(() => map.clone(), ClosedError);
    assertThrows(() => map.pin("/sys/fs/bpf/never"), ClosedError);
    assertThrows(() => map.freeze(), ClosedError);
  });

  test(`a map of ${name}() is used as what it is only`, BPF, () => {
    using map = create();
    const other = type === "queue" ? { ...queue(u8), types: ["stack"] as const } : queue(u8);
    assertThrows(
      () => openMap({ fd: map.descriptor.fd }, other),
      LayoutError,
      `Cannot use map "subject": it is of type ${type}, not ${other.types[0]}`,
    );
    for (const [part, differs] of [["keys", { keySize: 3 }], ["values", { valueSize: 3 }]] as const) {
      assertThrows(
        () => openMap({ fd: map.descriptor.fd }, { ...kind, ...differs, value: undefined }),
        LayoutError,
        `Cannot use map "subject": its ${part} have ${sizes[part === "keys" ? 0 : 1]} bytes, the codec has 3`,
      );
    }
  });

  test(`freeze() of a map of ${name}() is final`, BPF, () => {
    using map = create();
    assertEquals(map.freeze(), map);
    assertEquals([map.info.frozen, shown("map", map.info.id).frozen], [true, 1]);
    assertEquals(map.freeze(), map);
  });

  test(`createMap() of ${name}() says since when there are such maps`, { needs: ["linux"] }, () => {
    pageSize(); // which a fake cannot tell
    using _ = useNative(fakeNative(({ name }) => name === "bpf" ? -22 : -38));
    const error = assertThrows(
      () => createMap(alone(kind), { name: "subject", ...options }),
      lacks ? RangeError : NotSupportedError,
      lacks ?? `came with Linux ${since}`,
    );
    assertEquals((error.cause as SyscallError).code, "EINVAL");
  });

  test(`createMap() of ${name}() names the missing capability`, () => {
    using _ = useNative(fakeNative(unprivileged()));
    assertThrows(
      () => createMap(alone(kind), { name: "subject", ...options }),
      PermissionError,
      `Cannot create map "subject" (${type}): not permitted: the process lacks CAP_BPF: run it as root`,
    );
  });

  test(`createMap() of ${name}() tells a refusal that no capability cures`, BPF, () => {
    const real = native();
    using _ = useNative({
      ...real,
      bpf: (command, attr, size) => command === 0 ? -1 : real.bpf(command, attr, size),
    });
    assertThrows(
      create,
      PermissionError,
      "it has CAP_BPF: a security module, lockdown or seccomp may refuse",
    );
  });
}

/** The kind as one that needs no other object of the kernel first. */
function alone(kind: Subject["kind"]): Subject["kind"] {
  const { inner: _, ...creation } = kind.creation ?? {};
  return { ...kind, creation: { ...creation, typed: false } };
}

/**
 * What every type of link fulfils.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { existsSync, rmSync } from "node:fs";
import process from "node:process";
import { native, useNative } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { u32, u64 } from "../../src/codec/mod.ts";
import { ClosedError, NotSupportedError, PermissionError } from "../../src/errors.ts";
import { type Link, listLinks, openLink } from "../../src/link/mod.ts";
import { hash, type HashMap } from "../../src/map/mod.ts";
import { type AttachTo, type BpfObject, load } from "../../src/object/mod.ts";
import { loadProgram, type Program, type ProgramType } from "../../src/program/mod.ts";
import { BPF_CMD, BPF_LINK_TYPE } from "../../src/uapi/mod.ts";
import { eventually, fixture, idsOf, shown } from "../_bpf.ts";
import { type Need, test } from "../_harness.ts";

/** A type of link under test. */
export interface Subject {
  /** The function that makes it, with its parentheses. */
  readonly name: string;
  /** What bpftool calls the type. */
  readonly type: string;
  readonly needs: readonly Need[];
  /** The program that counts the events. */
  readonly program: string;
  /** The object that it is of, which then loads nothing else; `count` by default. */
  readonly fixture?: string;
  /** A type of program that cannot be attached, and what is said about it. */
  readonly wrong: { readonly type: ProgramType; readonly message: string };
  /** The capability beside `CAP_BPF`. */
  readonly capability: string;
  attach(program: Program): Link;
  /** Makes so many events. Returns the keys that they are counted under. */
  fire(count: number): number[];
  /** Makes what events need, until it is disposed of. */
  prepare?(): Disposable | Promise<Disposable>;
  /** What the program is loaded for, where its section cannot name it. */
  attachTo?(): AttachTo;
}

/** The number of events of the test's own. */
export function hitsOf(map: HashMap<number, bigint>, keys: readonly number[]): number {
  return keys.reduce((sum, key) => sum + Number(map.get(key) ?? 0n), 0);
}

/** The programs that count, and what they count; of an object other than `count`, those programs alone. */
export async function counter(
  name = "count",
  ...only: readonly string[]
): Promise<{ object: BpfObject; hits: HashMap<number, bigint> }> {
  return counts(await load(fixture(name), only.length > 0 ? { only } : {}));
}

function counts(object: BpfObject): { object: BpfObject; hits: HashMap<number, bigint> } {
  return { object, hits: object.maps.get("hits", hash(u32, u64)) };
}

/** bpftool has numbers for types that are newer than itself. */
function linkTypeName(type: unknown): unknown {
  const name = Object.entries(BPF_LINK_TYPE).find(([, number]) => number === type)?.[0];
  return name?.toLowerCase() ?? type;
}

/** Registers the tests of what a type of link has in common with all others. */
export function testLink(subject: Subject): void {
  const { name, type, needs, program: programName, attach, fire, wrong, capability } = subject;
  const prepare = () => subject.prepare?.() ?? new DisposableStack();
  const loaded = async () => {
    const { fixture: name, attachTo } = subject;
    if (name === undefined) return await counter();
    if (attachTo === undefined) return await counter(name, programName);
    return counts(
      await load(fixture(name), { only: [programName], attachTo: { [programName]: attachTo() } }),
    );
  };

  test(`${name} runs the program once for each event, until it is closed`, { needs }, async () => {
    using _ = await prepare();
    const { object, hits } = await loaded();
    await using _object = object;
    const link = attach(object.programs.get(programName));
    const keys = fire(7);
    assertEquals(await eventually(() => hitsOf(hits, keys) >= 7), true);
    assertEquals(hitsOf(hits, keys), 7);

    const { id } = link.info;
    link.close();
    link.close();
    // Whoever lists the links of the kernel holds each of them for a moment
    assertEquals(await eventually(() => listLinks().every((info) => info.id !== id)), true);
    for (const key of keys) hits.set(key, 0n);
    assertEquals(hitsOf(hits, [...keys, ...fire(3)]), 0);
    assertThrows(() => link.info, ClosedError);
  });

  test(`${name} makes the link that bpftool shows`, { needs: [...needs, "bpftool"] }, async () => {
    using _ = await prepare();
    const { object } = await loaded();
    await using _object = object;
    const program = object.programs.get(programName);
    const link = attach(program);
    const { id, programId } = link.info;
    const facts = shown("link", id);
    assertEquals([linkTypeName(facts.type), facts.prog_id], [type, programId]);
    assertEquals(programId, program.info.id);
    link.close();
    assertEquals(await eventually(() => !idsOf("link").includes(id)), true);
  });

  test(`a link of ${name} outlives its program`, { needs }, async () => {
    using _ = await prepare();
    const { object, hits } = await loaded();
    await using _object = object;
    using _link = attach(object.programs.get(programName));
    object.programs.close();
    const keys = fire(2);
    assertEquals(await eventually(() => hitsOf(hits, keys) === 2), true);
  });

  test(
    `a pinned link of ${name} outlives its closing`,
    { needs: [...needs, "bpffs", "bpftool"] },
    async () => {
      using _ = await prepare();
      const { object, hits } = await loaded();
      await using _object = object;
      const path = `/sys/fs/bpf/waggle-${process.pid}-${programName}`;
      const link = attach(object.programs.get(programName));
      const { id } = link.info;
      link.pin(path);
      try {
        assertEquals([link.pin(path).pinPath, existsSync(path)], [path, true]);
        link.close();
        const keys = fire(4);
        assertEquals(await eventually(() => hitsOf(hits, keys) === 4), true);
        assertEquals(shown("link", id).prog_id, object.programs.get(programName).info.id);
        using opened = openLink({ pin: path });
        assertEquals([opened.info.id, opened.pinPath], [id, path]);
        opened.unpin();
      } finally {
        rmSync(path, { force: true });
      }
      assertEquals(await eventually(() => !idsOf("link").includes(id)), true);
      assertEquals(hitsOf(hits, fire(1).filter((key) => !hits.has(key))), 0);
    },
  );

  test(`a link of ${name} is pinned in a BPF file system only`, { needs }, async () => {
    using _ = await prepare();
    const { object } = await loaded();
    await using _object = object;
    using link = attach(object.programs.get(programName));
    assertThrows(
      () => link.pin("/tmp/waggle-pin"),
      NotSupportedError,
      'to "/tmp/waggle-pin": the path is not in a BPF file system',
    );
    assertEquals(link.pinPath, undefined);
  });

  test(`a link of ${name} is listed and opened by its id`, { needs: [...needs, "bpftool"] }, async () => {
    using _ = await prepare();
    const { object, hits } = await loaded();
    await using _object = object;
    const link = attach(object.programs.get(programName));
    const { id } = link.info;
    assertEquals(listLinks().find((info) => info.id === id), link.info);
    {
      using opened = openLink({ id });
      assertEquals(opened.info, link.info);
      link.close();
      const keys = fire(2);
      assertEquals(await eventually(() => hitsOf(hits, keys) === 2), true);
    }
    assertEquals(await eventually(() => listLinks().every((info) => info.id !== id)), true);
  });

  test(`${name} refuses programs of another type`, { needs }, async () => {
    using _ = await prepare();
    using program = loadProgram({ name: "other", type: wrong.type, instructions: [mov(r0, 0), exit()] });
    assertThrows(() => attach(program), TypeError, wrong.message);
  });

  test(`${name} says what a refusal may be for`, { needs }, async () => {
    using _ = await prepare();
    const { object } = await loaded();
    await using _object = object;
    const real = native();
    const refused: readonly number[] = [BPF_CMD.LINK_CREATE, BPF_CMD.RAW_TRACEPOINT_OPEN];
    const bpf: typeof real.bpf = (command, ...rest) =>
      refused.includes(command) ? -1 : real.bpf(command, ...rest);
    using _native = useNative({ ...real, bpf });
    assertThrows(
      () => attach(object.programs.get(programName)),
      PermissionError,
      `not permitted: it has CAP_BPF, ${capability}: a security module, lockdown or seccomp may refuse it`,
    );
  });
}

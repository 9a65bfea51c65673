/**
 * Profiles that `go tool pprof`, Grafana and others read.
 *
 * Apart from the rest of the output, as it alone needs a package, `pprof-format`.
 *
 * @example Stacks by how often they were seen, for `go tool pprof`
 * ```ts ignore
 * import { pprof } from "@waggle/ebpf/output/pprof";
 *
 * const samples = [{ frames: ["hash", "work", "main"], count: 99 }];
 * Deno.writeFileSync("profile.pb.gz", await pprof(samples));
 * ```
 *
 * @module
 */
import {
  Function as ProfileFunction,
  Label,
  Line,
  Location,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from "pprof-format";
import { escapeControls } from "./escape.ts";
import type { StackSample } from "./stack.ts";

export type { StackSample };

/** What is counted, and how. */
export interface PprofOptions {
  /** What the counts are of: `samples` in `count` by default. Of time: `cpu` in `nanoseconds`; of memory: `space` in `bytes`. */
  readonly type?: string;
  /** The unit of the counts, as pprof names it. */
  readonly unit?: string;
  /** What happens between two samples, where they are taken at a rate: `{ type: "cpu", unit: "nanoseconds", value: 10_101_010 }`. */
  readonly period?: { readonly type: string; readonly unit: string; readonly value: number | bigint };
  /** When the first sample was taken. */
  readonly start?: Date;
  /** How long samples were taken, in milliseconds. */
  readonly duration?: number;
}

/**
 * Stack traces as a profile in the format of pprof, compressed. Labels become tags: text as it is, numbers as numbers. Equal
 * stacks with equal labels are added up. Control characters in names are written out.
 *
 * @example
 * ```ts
 * import { pprof } from "@waggle/ebpf/output/pprof";
 *
 * const bytes = await pprof([{ frames: ["read", "main"], count: 3, labels: { comm: "cat" } }]);
 * ```
 */
export function pprof(
  samples: Iterable<StackSample>,
  options: PprofOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return gzip(encode(samples, options));
}

function encode(samples: Iterable<StackSample>, options: PprofOptions): Uint8Array {
  const { type = "samples", unit = "count", period, start, duration } = options;
  const stringTable = new StringTable();
  const text = (value: string) => stringTable.dedup(escapeControls(value));
  // A location is a function here, and has its number
  const names = new Map<string, number>();
  const location = (name: string): number => {
    const id = names.get(name) ?? names.size + 1;
    names.set(name, id);
    return id;
  };
  const merged = merge(samples).map(({ frames, count, labels = {} }) =>
    new Sample({
      locationId: frames.map(location),
      value: [count],
      label: Object.entries(labels).map(([key, value]) =>
        new Label({ key: text(key), ...typeof value === "string" ? { str: text(value) } : { num: value } })
      ),
    })
  );
  const profile = new Profile({
    sampleType: [new ValueType({ type: text(type), unit: text(unit) })],
    sample: merged,
    location: [...names.values()].map((id) => new Location({ id, line: [new Line({ functionId: id })] })),
    function: [...names].map(([name, id]) =>
      new ProfileFunction({ id, name: text(name), systemName: text(name) })
    ),
    ...period && {
      periodType: new ValueType({ type: text(period.type), unit: text(period.unit) }),
      period: period.value,
    },
    ...start && { timeNanos: BigInt(start.getTime()) * 1_000_000n },
    ...duration !== undefined && { durationNanos: BigInt(Math.round(duration * 1e6)) },
    stringTable,
  });
  return profile.encode();
}

function merge(samples: Iterable<StackSample>): StackSample[] {
  const merged = new Map<string, StackSample>();
  for (const sample of samples) {
    const labels = Object.entries(sample.labels ?? {}).map((
      [key, value],
    ) => [key, typeof value, String(value)]);
    const key = JSON.stringify([sample.frames, labels]);
    const count = BigInt(merged.get(key)?.count ?? 0) + BigInt(sample.count);
    merged.set(key, { ...sample, count });
  }
  return [...merged.values()];
}

async function gzip(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

import { parseArgs } from "node:util";
import process from "node:process";
import { type Btf, btfCodec, type BtfValue, formatValue, sizeOf } from "../btf/mod.ts";
import type { Codec } from "../codec/mod.ts";
import { LayoutError, NotFoundError, NotSupportedError } from "../errors.ts";
import { btfOfId, closest, objectHolders } from "../kernel/mod.ts";
import { type BpfMap, listMaps, openMap } from "../map/mod.ts";
import { jsonLine, stdout } from "../output/mod.ts";
import { listPrograms } from "../program/mod.ts";
import { type EventBuffer, perfBuffer, ring } from "../ring/mod.ts";
import type { Command } from "./command.ts";
import { type Source, sourceOf } from "./source.ts";
import { milliseconds, untilEnd } from "./until.ts";

/** Prints the events of a ring buffer or perf buffer, whoever made it. */
export const trace: Command = {
  summary: "the events of a ring buffer or perf buffer of anybody's",
  usage: `waggle trace ID|NAME|PATH [--type STRUCT] [--duration TIME] [--json]

Prints events as they come, until Ctrl-C. An event goes to one reader: what is printed here another reader of the same
buffer does not see. PATH is a pin. Events are of the type that the map's definition gives, or as bytes.

  --type STRUCT     what they are, by the types of the map or of a program that uses it
  --duration TIME   ends after this time: 500ms, 2s, 1m
  --json            one JSON object a line`,

  run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        type: { type: "string" },
        duration: { type: "string" },
        json: { type: "boolean", default: false },
      },
      allowPositionals: true,
    });
    const [what, more] = positionals;
    if (what === undefined) throw new TypeError("say which map: waggle list maps has their ids and names");
    if (more !== undefined) throw new TypeError(`Cannot print the events of more than one map: ${more}`);
    const duration = values.duration === undefined ? undefined : milliseconds("--duration", values.duration);
    return follow(sourceOf("map", what, listMaps), { type: values.type, duration, json: values.json });
  },
};

interface TraceOptions {
  readonly type: string | undefined;
  readonly duration: number | undefined;
  readonly json: boolean;
}

async function follow(source: Source, { type, duration, json }: TraceOptions): Promise<number> {
  using events = openBuffer(source);
  const event = typeOf(events, type);
  warnOfReaders(events);
  using end = untilEnd(duration);
  using out = stdout({ signal: end.signal });
  for await (const bytes of events.events({ signal: out.signal })) out.print(line(bytes, event, json));
  if (events.lost) console.error(`waggle trace: ${events.lost} events found no room`);
  return 0;
}

function openBuffer(source: Source): EventBuffer<Uint8Array> {
  using map = openMap(source);
  const { name, info: { type } } = map;
  if (type === "ringbuf") return openMap(source, ring());
  if (type === "perf_event_array") return openMap(source, perfBuffer()).open();
  throw new NotSupportedError(
    `Cannot print the events of map "${name}" (${type}): it is neither a ring buffer nor a perf buffer: waggle dump prints what is in it`,
  );
}

/** What events are. */
interface EventType {
  readonly btf: Btf;
  readonly id: number;
  readonly codec: Codec<BtfValue>;
  /** In bytes. */
  readonly size: number;
}

function eventType(btf: Btf, id: number): EventType {
  return { btf, id, codec: btfCodec(btf, id), size: sizeOf(btf, id) };
}

function typeOf({ name, info }: BpfMap, wanted: string | undefined): EventType | undefined {
  if (wanted === undefined) {
    const { btfId, valueTypeId: id } = info;
    if (btfId === 0 || id === 0) return undefined;
    return eventType(btfOfId(btfId), id);
  }
  const users = listPrograms().filter(({ mapIds }) => mapIds.includes(info.id));
  const names: string[] = [];
  for (const btfId of new Set([info, ...users].map(({ btfId }) => btfId))) {
    if (btfId === 0) continue;
    const btf = btfOfId(btfId);
    const id = btf.idsNamed(wanted).find((id) => ["struct", "union", "typedef"].includes(btf.kindOf(id)));
    if (id !== undefined) return eventType(btf, id);
    for (let id = 1; id < btf.count; id++) if (btf.kindOf(id) === "struct") names.push(btf.nameOf(id));
  }
  throw new NotFoundError(
    `Cannot find type "${wanted}" of events of map "${name}": neither the map nor a program that uses it has it${
      closest(wanted, names)
    }`,
  );
}

/** On the standard error: who else has the map may wait for the events that are printed here. */
function warnOfReaders({ name, info }: BpfMap): void {
  const others = objectHolders().of("MAP", info.id).filter(({ pid }) => pid !== process.pid);
  if (others.length === 0) return;
  const who = others.map(({ comm, pid }) => `${comm} (${pid})`).join(", ");
  console.error(
    `waggle trace: "${name}" is also open in ${who}: events that are printed here do not reach it`,
  );
}

function line(bytes: Uint8Array, event: EventType | undefined, json: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!event) {
    return json
      ? jsonLine({ bytes })
      : [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  }
  const { btf, id, codec, size } = event;
  if (bytes.length < size) {
    throw new LayoutError(
      `Cannot decode an event of ${bytes.length} bytes: the type has ${size}: say another with --type`,
    );
  }
  return json ? jsonLine(codec.read(view, 0)) : formatValue(btf, id, view);
}

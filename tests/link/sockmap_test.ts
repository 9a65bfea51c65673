import { assertEquals, assertThrows } from "@std/assert";
import { SyscallError } from "../../src/errors.ts";
import { attachSockmap, queryPrograms, type SockmapAttachType } from "../../src/link/mod.ts";
import { createMap, hash, type SocketMap, sockMap } from "../../src/map/mod.ts";
import { u32 } from "../../src/codec/mod.ts";
import { eventually, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { Connection, type Socket } from "../map/_sockets.ts";
import { counter, hitsOf, testLink } from "./_contract.ts";

const NEEDS = ["bpf", "sockmap-link", "btf"] as const;

const PROGRAMS: Readonly<Record<SockmapAttachType, string>> = {
  sk_msg_verdict: "on_message",
  sk_skb_verdict: "on_data",
  sk_skb_stream_verdict: "on_stream",
  sk_skb_stream_parser: "on_parse",
};

const HOOKS: readonly SockmapAttachType[] = ["sk_msg_verdict", "sk_skb_verdict", "sk_skb_stream_verdict"];

function create(): SocketMap<number> {
  return createMap(sockMap(), { name: "subject", maxEntries: 4 });
}

/** Waits for what a socket is sent, without giving the thread away. */
function receive(socket: Socket): void {
  for (const end = Date.now() + 5000; socket.receive() === undefined && Date.now() < end;);
}

/** Sends through a connection whose one end is in the map. Returns the port of that end. */
function converse(map: SocketMap<number>, attachType: SockmapAttachType, count: number): number[] {
  using connection = new Connection();
  const { client, server } = connection;
  const end = attachType === "sk_msg_verdict" ? client : server;
  const { port } = end;
  map.set(0, end.fd);
  for (let i = 0; i < count; i++) {
    client.send([i]);
    receive(server);
  }
  map.delete(0);
  return [port];
}

for (const attachType of HOOKS) {
  let map: SocketMap<number> | undefined;
  const there = () => map ?? create();
  testLink({
    name: `attachSockmap() as ${attachType}`,
    type: "sockmap",
    needs: NEEDS,
    fixture: "network",
    program: PROGRAMS[attachType],
    capability: "CAP_NET_ADMIN",
    wrong: {
      type: "xdp",
      message: `the program is of type xdp, not ${attachType === "sk_msg_verdict" ? "sk_msg" : "sk_skb"}`,
    },
    prepare: () => map = create(),
    attach: (program) => attachSockmap(program, there(), attachType),
    fire: (count) => converse(there(), attachType, count),
  });

  test(
    `attachSockmap() as ${attachType} in mode "program" lasts until it is closed`,
    { needs: ["bpf", "btf"] },
    async () => {
      using map = create();
      const { object, hits } = await counter("network", PROGRAMS[attachType]);
      await using _object = object;
      const program = object.programs.get(PROGRAMS[attachType]);
      const { id } = program.info;
      const attachment = attachSockmap(program, map, attachType, { mode: "program" });
      const ids = () => queryPrograms({ map, attachType }).programs.map(({ id }) => id);
      assertEquals(ids(), [id]);
      const keys = converse(map, attachType, 3);
      assertEquals(await eventually(() => hitsOf(hits, keys) === 3), true);
      attachment.close();
      attachment.close();
      assertEquals(ids(), []);
    },
  );
}

test("attachSockmap() takes parsers beside verdicts, and exchanges programs", { needs: NEEDS }, async () => {
  using map = create();
  const { object, hits } = await counter("network", "on_parse", "on_stream", "on_data");
  await using _object = object;
  const stream = object.programs.get("on_stream");
  using parser = attachSockmap(object.programs.get("on_parse"), map, "sk_skb_stream_parser");
  using verdict = attachSockmap(stream, map, "sk_skb_stream_verdict");
  const { id } = verdict.info;
  assertEquals(verdict.info, {
    id,
    programId: stream.info.id,
    type: "sockmap",
    mapId: map.info.id,
    attachType: "sk_skb_stream_verdict",
  });
  assertEquals(parser.info.programId, object.programs.get("on_parse").info.id);
  const keys = converse(map, "sk_skb_stream_verdict", 2);
  assertEquals(await eventually(() => hitsOf(hits, keys) === 4), true);
});

test("attachSockmap() says which program is there", { needs: NEEDS }, async () => {
  using map = create();
  const { object } = await counter("network", "on_message", "on_data", "on_stream");
  await using _object = object;
  const [message, data, stream] = ["on_message", "on_data", "on_stream"].map((name) =>
    object.programs.get(name)
  );
  using _link = attachSockmap(message!, map, "sk_msg_verdict");
  assertThrows(
    () => attachSockmap(message!, map, "sk_msg_verdict"),
    SyscallError,
    `attached there as sk_msg_verdict: program "on_message" (id ${message?.info.id})`,
  );
  using _verdict = attachSockmap(data!, map, "sk_skb_verdict");
  assertThrows(
    () => attachSockmap(stream!, map, "sk_skb_stream_verdict"),
    SyscallError,
    "sk_skb_verdict and sk_skb_stream_verdict exclude each other",
  );
  using other = createMap(hash(u32, u32), { name: "other", maxEntries: 1 });
  assertThrows(
    () => attachSockmap(message!, other, "sk_msg_verdict"),
    SyscallError,
    "the map is none of sockets",
  );
  assertEquals(shown("link", _link.info.id).prog_id, message?.info.id);
});

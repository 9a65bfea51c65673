/** Examples that watch networks. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Cgroup } from "../_cgroup.ts";
import { test } from "../_harness.ts";
import { CONFIG, EXAMPLES, linesOf, runExample, startExample } from "./_gallery.ts";

const NEEDS = ["root", "bpf", "btf", "tracefs"] as const;
const TIME = ["--json", "--duration", "2s"];

/** Connects by TCP to a server of this process; the ports of both ends. */
async function exchange(): Promise<{ server: number; client: number }> {
  const server = createServer((socket) => socket.end("x"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  const client = await new Promise<number>((resolve) =>
    socket.on("connect", () => resolve(socket.localPort ?? 0))
  );
  socket.resume();
  await new Promise((resolve) => socket.on("close", resolve));
  await new Promise((resolve) => server.close(resolve));
  return { server: port, client };
}

/** Sends a datagram, which nobody has to get. */
async function send(message: Uint8Array, port: number, from = "127.0.0.1", ttl = 64): Promise<void> {
  const isIpv6 = from.includes(":");
  const socket = createSocket(isIpv6 ? "udp6" : "udp4");
  await new Promise<void>((resolve) => socket.bind(0, from, resolve));
  socket.setTTL(ttl);
  await new Promise((resolve) => socket.send(message, port, isIpv6 ? from : "127.0.0.1", resolve));
  await new Promise<void>((resolve) => socket.close(resolve));
}

/** The congestion controls that there are. */
function available(): string[] {
  return readFileSync("/proc/sys/net/ipv4/tcp_available_congestion_control", "utf8").trim().split(" ");
}

test("tcpconnect and tcpstates see connections", { needs: NEEDS }, async () => {
  const made: { server: number; client: number }[] = [];
  const meet = async () => void made.push(await exchange());
  const connects = linesOf(await runExample("tcpconnect", TIME, meet)).filter(({ pid }) =>
    pid === process.pid
  );
  assert(connects.length > 0);
  for (const { to, port } of connects) {
    assertEquals([to, made.some(({ server }) => server === port)], ["127.0.0.1", true]);
  }
  const changes = linesOf(await runExample("tcpstates", TIME, meet));
  const { server, client } = made.at(-3) as { server: number; client: number };
  // RFC 9293, 3.3.2: the client's way
  const states = changes.filter(({ local, remote }) =>
    remote === server && (local === client || local === 0)
  );
  assertEquals(states.slice(0, 2).map(({ from, to }) => [from, to]), [
    ["TCP_CLOSE", "TCP_SYN_SENT"],
    ["TCP_SYN_SENT", "TCP_ESTABLISHED"],
  ]);
});

test("ss lists sockets that listen", { needs: NEEDS }, async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const lines = linesOf(await runExample("ss", ["--json", "--port", `${port}`], () => {}));
  await new Promise((resolve) => server.close(resolve));
  const uid = process.getuid?.();
  assertEquals(lines, [{ state: "LISTEN", local: port, remote: 0, from: "127.0.0.1", to: "0.0.0.0", uid }]);
});

test(
  "xdp_count, xdp_flows and tcmeter see what comes by a device",
  { needs: [...NEEDS, "xdp", "tcx"] },
  async () => {
    let sent = 0;
    const port = 20_000 + process.pid % 10_000;
    const ping = async () => {
      await send(new Uint8Array(100), port);
      sent++;
    };
    const [{ packets }] = linesOf(await runExample("xdp_count", ["lo", ...TIME], ping)) as [
      { packets: number[] },
    ];
    assert(packets.reduce((a, b) => a + b) >= sent / 4);
    const flows = linesOf(await runExample("xdp_flows", ["lo", ...TIME], ping)).filter(({ dport }) =>
      dport === port
    );
    assert(flows.length > 0);
    assertEquals(
      new Set(flows.map(({ from, to, udp }) => `${from} ${to} ${udp}`)),
      new Set(["127.0.0.1 127.0.0.1 true"]),
    );
    assertEquals(new Set(flows.map(({ sport }) => sport)).size, flows.length);
    const bytes = linesOf(await runExample("tcmeter", ["lo", ...TIME], ping));
    const of = (sent: boolean) =>
      bytes.find((line) => line.address === "127.0.0.1" && line.sent === sent)?.bytes;
    // Ethernet's, IPv4's and UDP's headers with 100 bytes: 14 + 20 + 8 + 100
    assert(of(true) >= 142 * 3 && of(false) >= 142 * 3, JSON.stringify(bytes));
  },
);

test("xdp_dump writes pcap", { needs: [...NEEDS, "xdp"] }, async () => {
  const text = `waggle ${process.pid}`;
  const child = startExample("xdp_dump", ["lo", "--duration", "2s"]);
  const chunks: Uint8Array[] = [];
  child.stdout?.on("data", (chunk) => chunks.push(chunk));
  const end = new Promise((resolve) => child.on("close", resolve));
  for (let i = 0; i < 25; i++) {
    await send(new TextEncoder().encode(text), 9);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assertEquals(await end, 0);
  const bytes = new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
  const view = new DataView(bytes.buffer);
  assertEquals([view.getUint32(0, true), view.getUint32(20, true)], [0xa1b2_3c4d, 1]);
  const records: { time: number; packet: Uint8Array }[] = [];
  for (let at = 24; at < bytes.length;) {
    const [seconds, , kept, length] = [0, 4, 8, 12].map((offset) => view.getUint32(at + offset, true));
    assert((kept ?? 0) <= (length ?? 0));
    records.push({ time: seconds ?? 0, packet: bytes.subarray(at + 16, at + 16 + (kept ?? 0)) });
    at += 16 + (kept ?? 0);
  }
  const found = records.find(({ packet }) => new TextDecoder().decode(packet.subarray(42)) === text);
  assert(found && Math.abs(found.time - Date.now() / 1000) < 60);
});

test("dnssnoop reads names", { needs: [...NEEDS, "cgroup"] }, async () => {
  // RFC 1035, 4.1: a header, one question for the address of www.waggle.test
  const labels = ["www", "waggle", "test"].flatMap((
    label,
  ) => [label.length, ...new TextEncoder().encode(label)]);
  const query = Uint8Array.of(0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1);
  const lines = linesOf(await runExample("dnssnoop", TIME, () => send(query, 53)));
  assert(
    lines.some(({ to, name }) => to === "127.0.0.1" && name === "www.waggle.test"),
    JSON.stringify(lines),
  );
});

test("jail lets processes connect to one port only", { needs: [...NEEDS, "cgroup"] }, async () => {
  using cgroup = new Cgroup();
  const errors = new Set<string>();
  const lines = linesOf(
    await runExample("jail", [cgroup.path, ...TIME, "--port", "9"], () => {
      for (const port of [9, 10]) {
        const command = `echo $$ > ${cgroup.path}/cgroup.procs; exec 3<>/dev/tcp/127.0.0.1/${port}`;
        const { stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
        errors.add(`${port}: ${/refused|not permitted/.exec(stderr)}`);
      }
    }),
  );
  assertEquals([errors.has("10: not permitted"), errors.has("9: refused")], [true, true]);
  assertEquals(errors.has("9: not permitted"), false);
  assertEquals(
    new Set(lines.map(({ comm, address, port }) => `${comm} ${address} ${port}`)),
    new Set(["bash 127.0.0.1 10"]),
  );
});

test("firewall drops what it is told to by HTTP", { needs: [...NEEDS, "xdp"] }, async () => {
  const port = 30_000 + process.pid % 10_000;
  const receiver = createSocket("udp4");
  const got: string[] = [];
  receiver.on("message", (_, { address }) => got.push(address));
  await new Promise<void>((resolve) => receiver.bind(0, "127.0.0.1", resolve));
  const ask = async (method: string, path: string) =>
    await (await fetch(`http://127.0.0.1:${port}/${path}`, { method })).json() as Record<string, number>;
  let phase = 0;
  const { stderr, status } = await runExample(
    "firewall",
    ["lo", "--port", `${port}`, "--duration", "4s"],
    async () => {
      if (phase === 1) return;
      try {
        await ask("PUT", "127.0.0.66/32");
      } catch {
        return; // not yet there
      }
      for (const from of ["127.0.0.66", "127.0.0.67", "127.0.0.66"]) {
        await send(new Uint8Array(8), receiver.address().port, from);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
      assertEquals([got, await ask("GET", "")], [["127.0.0.67"], { "127.0.0.66/32": 2 }]);
      await ask("DELETE", "127.0.0.66/32");
      await send(new Uint8Array(8), receiver.address().port, "127.0.0.66");
      await new Promise((resolve) => setTimeout(resolve, 100));
      assertEquals(got, ["127.0.0.67", "127.0.0.66"]);
      phase = 1;
    },
    ["--allow-ffi", "--allow-net"],
  );
  await new Promise<void>((resolve) => receiver.close(resolve));
  assertEquals([status, stderr, phase], [0, "", 1]);
});

test("distance knows hosts by the TTL of their packets", { needs: NEEDS }, async () => {
  let sent = 0;
  const hosts = linesOf(
    await runExample("distance", ["lo", ...TIME], async () => {
      await send(new Uint8Array(8), 9, "127.0.0.66", 50);
      await send(new Uint8Array(8), 9, "127.0.0.67", 120);
      sent++;
    }),
  );
  const found = (host: string) => hosts.filter((line) => line.host === host);
  for (const [host, ttl, hops] of [["127.0.0.66", 50, 14], ["127.0.0.67", 120, 8]] as const) {
    const [line, ...more] = found(host);
    assertEquals([line?.ttl, line?.hops, more], [ttl, hops, []]);
    assert(line.packets > 3 && line.packets <= sent, `${line.packets} of ${sent}`);
  }
});

test(
  "xdp_sources counts packets by the address that they come from",
  { needs: [...NEEDS, "xdp"] },
  async () => {
    const addresses = ["127.0.0.68", "::1"];
    let sent = 0;
    const lines = linesOf(
      await runExample("xdp_sources", ["lo", ...TIME], async () => {
        for (const address of addresses) await send(new Uint8Array(8), 9, address);
        sent++;
      }),
    );
    for (const address of addresses) {
      const [line, ...more] = lines.filter((line) => line.address === address);
      assertEquals(more, []);
      // On ::1 a datagram that nobody takes is answered: its refusal comes from there, too
      const most = address === "::1" ? 2 * sent : sent;
      assert(line?.packets > 3 && line.packets <= most, `${line?.packets} of ${sent} from ${address}`);
    }
  },
);

test("xdp_quiet tells of hosts that packets stop coming from", { needs: [...NEEDS, "xdp"] }, async () => {
  let sent = 0;
  const start = performance.now();
  const lines = linesOf(
    await runExample("xdp_quiet", ["lo", "--json", "--duration", "4s"], async () => {
      if (performance.now() - start > 2000) return;
      await send(new Uint8Array(58), 9, "127.0.0.69");
      sent++;
    }),
  );
  const [line, ...more] = lines.filter(({ host }) => host === "127.0.0.69");
  assertEquals(more, []);
  assert(line?.packets > 3 && line.packets <= sent, `${line?.packets} of ${sent}`);
  // Headers of Ethernet, IPv4 and UDP take 42 bytes
  assertEquals(line.bytes, line.packets * 100);
});

test("sockproto counts packets by their protocol", { needs: NEEDS }, async () => {
  let sent = 0;
  const lines = linesOf(
    await runExample("sockproto", ["lo", ...TIME], async () => {
      await send(new Uint8Array(8), 9);
      sent++;
    }),
  );
  const udp = lines.find(({ name }) => name === "UDP");
  // A socket of the device gets what goes out and what comes in, which on lo is the same
  assert(udp?.protocol === 17 && udp.packets > 6 && udp.packets % 2 === 0, JSON.stringify(lines));
  assert(udp.packets <= 2 * sent + 200, `${udp.packets} of ${sent}`);
  // To a closed port: RFC 1122, 4.1.3.1
  assert(lines.some(({ name }) => name === "ICMP"));
});

test(
  "fixedwindow is the congestion control of who asks for it",
  { needs: [...NEEDS, "network"] },
  async () => {
    const transfer = fileURLToPath(new URL("_transfer.ts", import.meta.url));
    const flags = process.versions["bun"] === undefined
      ? ["run", "-A", "--no-config", "--no-lock", "--no-check"]
      : [];
    const script = 'ip link set lo up && exec "$@"';
    let shown = "";
    const [line] = linesOf(
      await runExample("fixedwindow", ["--window", "7", ...TIME], () => {
        if (shown !== "" || !available().includes("fixedwindow")) return;
        const args = ["-n", "sh", "-c", script, "sh", process.execPath, ...flags, transfer, "fixedwindow"];
        shown = spawnSync("unshare", args, { encoding: "utf8" }).stdout;
      }),
    );
    assertMatch(shown, /\n\s+fixedwindow .* cwnd:7 /);
    assertEquals([line.window, line.connections >= 2], [7, true]); // both ends
    assertEquals(available().includes("fixedwindow"), false);
  },
);

test(
  "the firewall's own test passes without any capability",
  { needs: ["linux", "setpriv"] },
  () => {
    const file = fileURLToPath(new URL("firewall_test.ts", EXAMPLES));
    const inDeno = process.versions["bun"] === undefined;
    const flags = inDeno ? ["test", "--no-check", "--no-lock", "-c", CONFIG, "--allow-read"] : ["test", file];
    const { status, stdout, stderr } = spawnSync(
      "setpriv",
      // The user stays the one whose cache of packages it is
      ["--inh-caps=-all", "--bounding-set=-all", process.execPath, ...flags, ...inDeno ? [file] : []],
      { encoding: "utf8", cwd: fileURLToPath(EXAMPLES), env: { ...process.env, NO_COLOR: "1" } },
    );
    assertEquals(status, 0, stdout + stderr);
    assertMatch(stdout + stderr, /1 pass/);
  },
);

test("metrics is what Prometheus reads", { needs: NEEDS }, async () => {
  const port = 40_000 + process.pid % 10_000;
  let text = "";
  await runExample("metrics", ["--port", `${port}`, "--duration", "3s"], async () => {
    text = await fetch(`http://127.0.0.1:${port}/`).then((response) => response.text(), () => text);
  }, ["--allow-ffi", "--allow-net"]);
  // Prometheus' text format, 0.0.4
  for (const line of text.trim().split("\n")) {
    assert(/^(# TYPE \w+ counter|\w+(\{comm="(\\.|[^"\\])*"\})? \d+)$/.test(line), line);
  }
  assert(/^syscalls_total\{comm="[^"]+"\} [1-9]/m.test(text) && /^forks_total \d+$/m.test(text), text);
});

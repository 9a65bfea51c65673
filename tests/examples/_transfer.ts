/**
 * A script that sends a megabyte by TCP to itself, with the congestion control that is the network namespace's, and prints what `ss`
 * says of the connection.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import process from "node:process";

if (import.meta.main) {
  writeFileSync("/proc/sys/net/ipv4/tcp_congestion_control", process.argv[2] ?? "");
  const server = createServer((socket) => {
    let received = 0;
    socket.on("data", (data) => {
      received += data.length;
      if (received === 1 << 20) socket.write("!");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  socket.write(new Uint8Array(1 << 20));
  await new Promise((resolve) => socket.once("data", resolve));
  console.log(execFileSync("ss", ["-tinH", "dport", "=", String(port)], { encoding: "utf8" }));
  process.exit();
}

/**
 * Writes src/testing/_packet_types.ts: what packets and registers look like, out of the running kernel's BTF.
 *
 * `deno run -A scripts/generate_packet_types.ts` writes it; with `--check` it fails where the file would change.
 *
 * @module
 */
import { BtfBuilder, parseBtf } from "../src/btf/mod.ts";
import { emit } from "./_kernel_types.ts";

/** Headers whose layout is that of the wire, and the registers of x86-64. */
const STRUCTS = [
  "ethhdr",
  "vlan_hdr",
  "arphdr",
  "iphdr",
  "ipv6hdr",
  "tcphdr",
  "udphdr",
  "icmphdr",
  "icmp6hdr",
  "sctphdr",
  "pt_regs",
];
const COLUMNS = 96;

const kernel = parseBtf(Deno.readFileSync("/sys/kernel/btf/vmlinux"));
const builder = new BtfBuilder();
for (const name of STRUCTS) {
  const found = kernel.find(name, "struct");
  if (!found) throw new Error(`the kernel has no struct ${name}`);
  builder.copy(kernel, found.id);
}
const text = builder.encode({ byteOrder: "little" }).toBase64();
const lines = text.match(new RegExp(`.{1,${COLUMNS}}`, "g")) ?? [];

await emit("src/testing/_packet_types.ts", "Headers of packets, as types.", [
  `/** BTF, in base64: ${STRUCTS.join(", ")}, and what these are made of. */`,
  "export const PACKET_TYPES: string = [",
  ...lines.map((line) => `  "${line}",`),
  '].join("");',
]);

/**
 * A machine of QEMU that runs one command under another kernel, with the files of this machine.
 *
 * @module
 */

import { findTool } from "../_tools.ts";
import { type Command, writeInitramfs } from "./initramfs.ts";
import { type KernelFiles, virtiofsd } from "./packages.ts";

/** In MiB. What the command writes is kept in it, too. */
const MEMORY = 2048;

/** On a busy host, an emulated timer is too slow for the check that it works (`check_timer` in arch/x86). */
const KERNEL_ARGS = ["console=ttyS0", "panic=-1", "rdinit=/init", "no_timer_check"];

/** How long virtiofsd may take to listen. */
const LISTEN_MS = 10_000;

/** How much of a kernel's messages is shown when its machine failed. */
const CONSOLE_LINES = 30;

/** How the command ended. */
export interface MachineRun {
  readonly status: number;
  /** What it wrote to {@linkcode REPORT_PATH}. */
  readonly report: string;
}

/** What else a machine is given. */
export interface MachineOptions {
  /** For the kernel's command line. */
  readonly kernelArgs: readonly string[];
  /** When it is switched off, in milliseconds. */
  readonly limit: number;
  /** Gets each line that the command prints. */
  print(line: string): void;
}

/**
 * Boots the kernel, runs the command as root, and returns how it ended. All files of this machine are there under the
 * same path; what the command writes is gone afterwards.
 *
 * @throws {Error} The machine did not get to the end of the command.
 */
export async function runInMachine(
  kernel: KernelFiles,
  command: Command,
  options: MachineOptions,
): Promise<MachineRun> {
  const work = await Deno.makeTempDir({ prefix: "waggle-vm-" });
  try {
    await writeInitramfs(`${work}/initramfs`, kernel, command);
    await using _files = await shareFiles(work);
    const ended = await boot(kernel, work, options);
    const status = await readText(`${work}/status`);
    if (status === "") {
      const messages = (await readText(`${work}/console`)).trimEnd().split("\n").slice(-CONSOLE_LINES).join(
        "\n",
      );
      throw new Error(`The machine ended before its command did: ${ended}\n${messages}`);
    }
    return { status: Number(status), report: await readText(`${work}/report`) };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Serves the root file system to the machine. */
async function shareFiles(work: string): Promise<AsyncDisposable> {
  const path = `${work}/files.socket`;
  const args = [`--socket-path=${path}`, "-o", "source=/", "-o", "cache=always", "-o", "sandbox=chroot"];
  const server = new Deno.Command(virtiofsd() ?? "", { args, stdin: "null", stdout: "null", stderr: "piped" })
    .spawn();
  const messages = new Response(server.stderr).text();
  const ended = server.status.then(() => true);
  const deadline = Date.now() + LISTEN_MS;
  while (!await Deno.stat(path).then(() => true, () => false)) {
    if (Date.now() > deadline) server.kill("SIGKILL");
    if (await Promise.race([ended, delay(50)])) {
      throw new Error(`Cannot share files with a machine: ${await messages}`);
    }
  }
  return {
    async [Symbol.asyncDispose]() {
      try {
        server.kill();
      } catch {
        // it ends with the machine
      }
      await messages;
      await server.status;
    },
  };
}

/** Runs QEMU to its end and says how that was. */
async function boot(kernel: KernelFiles, work: string, options: MachineOptions): Promise<string> {
  const { folder, release } = kernel;
  const port = (name: string, path: string) => [
    "-chardev",
    `file,id=${name},path=${path}`,
    "-device",
    `virtserialport,chardev=${name},name=${name}`,
  ];
  const args = [
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    // QEMU 7.2 with a thread for each CPU breaks kernels that patch their code
    ...["-accel", "tcg,thread=single,tb-size=512", "-cpu", "max", "-smp", "4"],
    ...["-m", `${MEMORY}`, "-object", `memory-backend-memfd,id=memory,size=${MEMORY}M,share=on`],
    ...["-numa", "node,memdev=memory"],
    ...["-chardev", `socket,id=files,path=${work}/files.socket`],
    ...["-device", "vhost-user-fs-pci,chardev=files,tag=root"],
    ...["-serial", `file:${work}/console`, "-device", "virtio-serial-pci"],
    ...port("output", "/dev/stdout"),
    ...port("report", `${work}/report`),
    ...port("status", `${work}/status`),
    ...["-kernel", `${folder}/boot/vmlinuz-${release}`, "-initrd", `${work}/initramfs`],
    ...["-append", [...KERNEL_ARGS, ...options.kernelArgs].join(" ")],
  ];
  const program = findTool("qemu-system-x86_64") ?? "";
  const machine = new Deno.Command(program, { args, stdin: "null", stdout: "piped", stderr: "piped" })
    .spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    machine.kill("SIGKILL");
  }, options.limit);
  try {
    const [messages] = await Promise.all([
      new Response(machine.stderr).text(),
      printLines(machine.stdout, options.print),
    ]);
    await machine.status;
    return late ? `it took over ${options.limit / 1000} s` : messages.trim();
  } finally {
    clearTimeout(timer);
  }
}

async function printLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  print: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(print);
  }
  if (rest !== "") print(rest);
}

function readText(path: string): Promise<string> {
  return Deno.readTextFile(path).then((text) => text.trim(), () => "");
}

function delay(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, ms, false));
}

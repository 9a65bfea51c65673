/**
 * One-liners of bpftrace by bpftrace and by us.
 *
 * @module
 */
import { findTool } from "../../scripts/_tools.ts";
import { BUN, type Contender, HERE } from "./contenders.ts";

/** A one-liner that says when it has attached, and whose action is done at each system call. */
function oneLiner(action: string): string {
  return `BEGIN { printf("x\\n"); } tracepoint:raw_syscalls:sys_enter { ${action}; }`;
}

/** The same one-liner by bpftrace and by us, by the command and by a script: as modules, as the npm package, as one program. */
export async function start(folder: string, what: "time" | "memory"): Promise<Contender[]> {
  const source = oneLiner("@[comm] = count()");
  const measure = [Deno.execPath(), "run", "-A", HERE + "start.ts", what];
  const contenders: Contender[] = findTool("bpftrace")
    ? [{ name: "bpftrace", command: [...measure, "bpftrace", "-e", source] }]
    : [];
  const loose = new URL("../../", import.meta.url).pathname;
  for (
    const [kind, root, extension] of [["modules", loose, "ts"], [
      "package",
      await npmPackage(folder),
      "js",
    ]] as const
  ) {
    const script = `${folder}/${kind}.mjs`;
    const entry = JSON.stringify(`${root}/src/bpftrace/mod.${extension}`);
    await Deno.writeTextFile(
      script,
      `import { script } from ${entry};\nfor await (const text of script(${
        JSON.stringify(source)
      }).output()) console.log(text);\n`,
    );
    for (
      const [name, ...runtime] of [["Deno", Deno.execPath(), "run", "-A"], ...(BUN ? [["Bun", BUN]] : [])]
    ) {
      contenders.push(
        { name: `${name}, script, ${kind}`, command: [...measure, ...runtime, script] },
        {
          name: `${name}, waggle run, ${kind}`,
          command: [...measure, ...runtime, `${root}/src/cli/mod.${extension}`, "run", source],
        },
      );
    }
    if (kind !== "package" || !BUN) continue;
    for (const { name, command } of await programs(BUN, folder, { root, script, source })) {
      contenders.push({ name, command: [...measure, ...command] });
    }
  }
  return contenders;
}

interface Sources {
  /** Of the package. */
  readonly root: string;
  readonly script: string;
  readonly source: string;
}

/** One program of the script and one of the command, as the README says. */
async function programs(
  bun: string,
  folder: string,
  { root, script, source }: Sources,
): Promise<Contender[]> {
  const ways = [["script", script], ["waggle run", `${root}/src/cli/mod.js`, "run", source]] as const;
  const made: Contender[] = [];
  for (const [name, entry, ...args] of ways) {
    const program = `${folder}/${name.replace(" ", "-")}`;
    const how = ["--compile", "--minify", "--bytecode", "--format=esm", entry, "--outfile", program];
    const { success, stderr } = await new Deno.Command(bun, { args: ["build", ...how] }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    made.push({ name: `Bun, ${name}, one program`, command: [program, ...args] });
  }
  return made;
}

let made: Promise<string> | undefined;

/** The npm package, made once. */
function npmPackage(folder: string): Promise<string> {
  return made ??= (async () => {
    const build = new URL("../../scripts/build.ts", import.meta.url).pathname;
    const args = ["run", "-A", build, `${folder}/package`];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return `${folder}/package`;
  })();
}

/** Contenders that print how long a run of the same one-liner's program takes. */
export function cost(action: string): Contender[] {
  const source = oneLiner(action);
  const waggle = new URL("../../src/cli/mod.ts", import.meta.url).pathname;
  const measure = [Deno.execPath(), "run", "-A", HERE + "cost.ts"];
  return [
    ...(findTool("bpftrace") ? [{ name: "bpftrace", command: [...measure, "bpftrace", "-e", source] }] : []),
    { name: "waggle", command: [...measure, Deno.execPath(), "run", "-A", waggle, "run", source] },
  ];
}

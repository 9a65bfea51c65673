/** Compares types with what clang makes of them once they are written as C. */
import { readFileSync } from "node:fs";
import { type Btf, type BtfComposite, parseBtf, skipModifiers } from "../../src/btf/mod.ts";
import { withFolder } from "../_run.ts";
import { compile } from "./_objects.ts";

/** What came of a comparison. */
export interface Compared {
  readonly members: number;
  /** One line for each difference. */
  readonly differences: readonly string[];
}

/** Compiles C with a variable for each named struct and union that it defines, and compares their layouts. */
export function compareWithClang(btf: Btf, text: string): Compared {
  const roots = definedIn(btf, text);
  const variables = roots.map(({ kind, name, id }) => `${kind} ${name} root_${id};\n`);
  const back = withFolder((folder) => {
    const { btf: path } = compile(folder, `${text}${variables.join("")}int written_without_structs_too;\n`);
    return parseBtf(readFileSync(path));
  });
  const comparison = new Comparison(btf, back);
  for (const { id, name } of roots) {
    const variable = back.find(`root_${id}`, "variable");
    if (variable === undefined) comparison.differences.push(`${name} is missing`);
    else comparison.compare(id, variable.typeId, name);
  }
  return comparison;
}

/** The structs and unions whose definition is in a text, but for those that share their name. */
function definedIn(btf: Btf, text: string): BtfComposite[] {
  const roots: BtfComposite[] = [];
  for (const [, kind, name = ""] of text.matchAll(/^(struct|union) (\w+) \{/gm)) {
    const [type, ...others] = btf.idsNamed(name).map((id) => btf.type(id)).filter((each) =>
      each.kind === kind
    );
    if ((type?.kind === "struct" || type?.kind === "union") && others.length === 0) roots.push(type);
  }
  return roots;
}

class Comparison implements Compared {
  readonly differences: string[] = [];
  members = 0;
  readonly #btf: Btf;
  readonly #back: Btf;
  readonly #done: Set<string> = new Set();

  constructor(btf: Btf, back: Btf) {
    this.#btf = btf;
    this.#back = back;
  }

  compare(id: number, backId: number, path: string): void {
    const key = `${id},${backId}`;
    if (this.#done.has(key)) return;
    this.#done.add(key);
    const type = skipModifiers(this.#btf, id);
    const back = skipModifiers(this.#back, backId);
    if (type.kind !== back.kind) {
      this.differences.push(`${path} is a ${back.kind} and not a ${type.kind}`);
    } else if ((type.kind === "struct" || type.kind === "union") && back.kind === type.kind) {
      this.#compareMembers(type, back, path);
    } else if (type.kind === "array" && back.kind === "array") {
      if (type.length !== back.length) this.differences.push(`${path} has ${back.length} elements`);
      this.compare(type.typeId, back.typeId, `${path}[]`);
    } else if ((type.kind === "int" || type.kind === "enum") && back.kind === type.kind) {
      // The sign of `char` is up to the machine
      const same = type.size === back.size && (type.signed === back.signed || type.name === "char");
      if (!same) this.differences.push(`${path} has ${back.size} bytes, or another sign`);
    }
  }

  #compareMembers(type: BtfComposite, back: BtfComposite, path: string): void {
    if (type.size !== back.size) this.differences.push(`${path} has ${back.size} bytes and not ${type.size}`);
    const members = back.members.filter(({ name }) => !name.startsWith("__gap_"));
    if (members.length !== type.members.length) {
      this.differences.push(`${path} has ${members.length} members and not ${type.members.length}`);
    }
    type.members.forEach((member, i) => {
      this.members++;
      const other = members[i];
      const shown = (each: typeof other) => `${each?.name} at ${each?.bitOffset}:${each?.bitSize}`;
      if (other === undefined || shown(member) !== shown(other)) {
        this.differences.push(`${path} has ${shown(other)} and not ${shown(member)}`);
      } else {
        this.compare(member.typeId, other.typeId, `${path}.${member.name}`);
      }
    });
  }
}

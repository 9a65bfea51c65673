/**
 * Random kernel functions, each with the same in plain JavaScript.
 *
 * What a kernel function makes of numbers is what JavaScript makes of bigints, in 64 bits. Those that may be below 0 are signed: what
 * is subtracted or negated, and what is computed with one that is. Two that may not divide, compare and shift to the right without
 * a sign. By 0 everything is 0 times divisible, and shifts mind the low 6 bits. In the script each result is so wrapped by
 * `BigInt.asIntN()` or `BigInt.asUintN()`, and all else is the engine's own.
 *
 * @module
 */
import { Chance } from "../vm/_random.ts";

/** A function in both forms. */
export interface Generated {
  /** As a kernel function, which is handed `s`, `u`, `w`, `h`, `m` and `out`. */
  readonly kernel: string;
  /** The body of a plain function that is handed Maps of the same names. */
  readonly script: string;
}

/** What a number is: below 0 or not, and if not, whether it has all of 64 bits. */
interface Type {
  readonly signed: boolean;
  readonly wide: boolean;
}

/** A number: its text in both forms, and its type. */
interface Num extends Type {
  readonly kernel: string;
  readonly script: string;
  readonly constant?: bigint;
}

const SIGNED: Type = { signed: true, wide: true };
const UNSIGNED: Type = { signed: false, wide: true };

/** Something that is true or false. */
interface Truth {
  readonly kernel: string;
  readonly script: string;
}

interface Variable extends Type {
  readonly name: string;
  readonly fixed: boolean;
}

/** Maps with what the test puts in before, by the types of their values. */
const INPUTS = [
  { name: "s", signed: true, wide: true },
  { name: "u", signed: false, wide: true },
  { name: "w", signed: false, wide: false },
  { name: "h", signed: true, wide: true },
] as const;

/** How many values each of them has. */
export const INPUT_COUNT = 4;

const COMPARISONS = ["<", "<=", ">", ">=", "===", "!=="] as const;
const PLAIN = ["+", "-", "*", "&", "|", "^"] as const;
/** What constants are like: small ones, and those at the edges of what a size holds. */
const CONSTANTS: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  7n,
  8n,
  10n,
  63n,
  64n,
  65n,
  255n,
  256n,
  1000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_ffffn,
  -1n,
  -2n,
  -128n,
  -0x8000_0000n,
  -0x8000_0001n,
  -0x8000_0000_0000_0000n,
];

/** Makes a function; the same number makes the same one. */
export function generate(seed: number): Generated {
  return new Generator(seed).function();
}

class Generator {
  readonly #chance: Chance;
  #scope: Variable[] = [];
  #names = 0;
  /** How many loops are around, which are not to take forever. */
  #loops = 0;
  /** Whether `break` and `continue` mean a loop here. */
  #leavable = false;
  #outs = 0;
  /** How many more statements there may be. */
  #budget: number;

  constructor(seed: number) {
    this.#chance = new Chance(seed);
    this.#budget = 6 + this.#chance.below(10);
  }

  function(): Generated {
    const statements: [string, string][] = [];
    // What is there before is read first, so that all of it is used
    for (const { name, ...type } of INPUTS) {
      const index = this.#chance.below(INPUT_COUNT);
      const variable = this.#declare(type, this.#chance.below(2) === 0);
      const keyword = variable.fixed ? "const" : "let";
      statements.push([
        `${keyword} ${variable.name} = ${name}.get(${index}) ?? 0;`,
        `${keyword} ${variable.name} = ${name}.get(${index}n) ?? 0n;`,
      ]);
    }
    while (this.#budget > 0) statements.push(this.#statement(2));
    const results = this.#scope.map((variable) => this.#out(read(variable)));
    const [kernel, script] = joined([...statements, ...results]);
    return {
      kernel: `(c, { s, u, w, h, m, out }) => {\n${kernel}\n}`,
      script: `${script}`,
    };
  }

  /** What may change is signed unless it starts as a number of 64 bits without a sign. */
  #declare({ signed, wide }: Type, fixed: boolean): Variable {
    const type = fixed ? { signed, wide } : signed || !wide ? SIGNED : UNSIGNED;
    const variable = { name: `v${this.#names++}`, ...type, fixed };
    this.#scope.push(variable);
    return variable;
  }

  #statement(depth: number): [string, string] {
    this.#budget--;
    const pick = this.#chance.below(depth > 0 ? 14 : 7);
    switch (pick) {
      case 0:
      case 1:
        return this.#declaration();
      case 2:
      case 3: {
        const { kernel, script } = this.#assignment(2);
        return [`${kernel};`, `${script};`];
      }
      case 4:
        return this.#mapEffect();
      case 5:
        return this.#out(this.#number(3));
      case 6:
        return this.#leavable && this.#chance.below(3) === 0 ? this.#leave() : this.#shortEffect();
      case 7:
      case 8:
      case 9:
        return this.#if(depth);
      case 10:
        return this.#loops < 2 ? this.#for(depth) : this.#if(depth);
      case 11:
        return this.#loops < 2 ? this.#while(depth) : this.#if(depth);
      case 12:
        return this.#switch(depth);
      default:
        return this.#optional(depth);
    }
  }

  #declaration(): [string, string] {
    const value = this.#running(3);
    const fixed = this.#chance.below(2) === 0;
    const { name, signed } = this.#declare(value, fixed);
    const keyword = fixed ? "const" : "let";
    return [
      `${keyword} ${name} = ${value.kernel};`,
      `${keyword} ${name} = ${wrapped(value.script, signed)};`,
    ];
  }

  #block(depth: number): [string, string] {
    const scope = this.#scope;
    this.#scope = [...scope];
    const statements = Array.from(
      { length: 1 + this.#chance.below(3) },
      () => this.#statement(depth),
    );
    this.#scope = scope;
    return joined(statements);
  }

  #if(depth: number): [string, string] {
    const { kernel, script } = this.#truth(2);
    const [then, thenScript] = this.#block(depth - 1);
    if (this.#chance.below(2)) return [`if (${kernel}) {\n${then}\n}`, `if (${script}) {\n${thenScript}\n}`];
    const [other, otherScript] = this.#block(depth - 1);
    return [
      `if (${kernel}) {\n${then}\n} else {\n${other}\n}`,
      `if (${script}) {\n${thenScript}\n} else {\n${otherScript}\n}`,
    ];
  }

  #inLoop(body: () => [string, string]): [string, string] {
    const [leavable, scope] = [this.#leavable, this.#scope];
    this.#leavable = true;
    this.#loops++;
    const result = body();
    this.#loops--;
    [this.#leavable, this.#scope] = [leavable, scope];
    return result;
  }

  #for(depth: number): [string, string] {
    const count = 1 + this.#chance.below(4);
    const name = `i${this.#names++}`;
    return this.#inLoop(() => {
      this.#scope = [...this.#scope, { name, ...SIGNED, fixed: true }];
      const [body, bodyScript] = this.#block(depth - 1);
      if (this.#chance.below(3) === 0) {
        return [
          `for (let ${name} = ${count}; ${name} > 0; ${name}--) {\n${body}\n}`,
          `for (let ${name} = ${count}n; ${name} > 0n; ${name}--) {\n${bodyScript}\n}`,
        ];
      }
      return [
        `for (let ${name} = 0; ${name} < ${count}; ${name}++) {\n${body}\n}`,
        `for (let ${name} = 0n; ${name} < ${count}n; ${name}++) {\n${bodyScript}\n}`,
      ];
    });
  }

  #while(depth: number): [string, string] {
    const count = 1 + this.#chance.below(4);
    const name = `i${this.#names++}`;
    return this.#inLoop(() => {
      this.#scope = [...this.#scope, { name, ...SIGNED, fixed: true }];
      const [body, bodyScript] = this.#block(depth - 1);
      return [
        `let ${name} = ${count};\nwhile (${name}-- > 0) {\n${body}\n}`,
        `let ${name} = ${count}n;\nwhile (${name}-- > 0n) {\n${bodyScript}\n}`,
      ];
    });
  }

  #leave(): [string, string] {
    const { kernel, script } = this.#truth(1);
    const word = this.#chance.pick(["break", "continue"]);
    return [`if (${kernel}) ${word};`, `if (${script}) ${word};`];
  }

  #switch(depth: number): [string, string] {
    const value = this.#number(1);
    const subject = binary("&", value, number(3n));
    const leavable = this.#leavable;
    this.#leavable = false; // break would mean the case
    const cases = [0, 1, 2].map((label) => {
      const [body, bodyScript] = this.#block(depth - 1);
      const more = label === 1 && this.#chance.below(2) ? [3] : [];
      const labels = [label, ...more];
      return [
        `${labels.map((one) => `case ${one}:`).join("\n")} {\n${body}\nbreak;\n}`,
        `${labels.map((one) => `case ${one}n:`).join("\n")} {\n${bodyScript}\nbreak;\n}`,
      ] as [string, string];
    });
    const [other, otherScript] = this.#block(depth - 1);
    this.#leavable = leavable;
    const [all, allScript] = joined([...cases, [`default: {\n${other}\n}`, `default: {\n${otherScript}\n}`]]);
    return [`switch (${subject.kernel}) {\n${all}\n}`, `switch (${subject.script}) {\n${allScript}\n}`];
  }

  /** A value that may be missing, told by a comparison. */
  #optional(depth: number): [string, string] {
    const [map, key] = this.#mapAndKey();
    const name = `v${this.#names++}`;
    const scope = this.#scope;
    this.#scope = [...scope, { ...map, name, fixed: true }];
    const [some, someScript] = this.#block(depth - 1);
    this.#scope = scope;
    const [none, noneScript] = this.#block(depth - 1);
    return [
      `const ${name} = ${map.name}.get(${key.kernel});\nif (${name} !== undefined) {\n${some}\n} else {\n${none}\n}`,
      `const ${name} = ${map.name}.get(${key.script});\nif (${name} !== undefined) {\n${someScript}\n} else {\n${noneScript}\n}`,
    ];
  }

  #mapEffect(): [string, string] {
    const key = this.#key();
    switch (this.#chance.below(4)) {
      case 0: {
        const amount = this.#number(2);
        return [
          `m.count(${key.kernel}, ${amount.kernel});`,
          `{ const k = ${key.script}, n = ${amount.script}; m.set(k, S((m.get(k) ?? 0n) + n)); }`,
        ];
      }
      case 1:
        return [`m.delete(${key.kernel});`, `m.delete(${key.script});`];
      default: {
        const value = this.#number(3);
        return [
          `m.set(${key.kernel}, ${value.kernel});`,
          `m.set(${key.script}, S(${value.script}));`,
        ];
      }
    }
  }

  /** As minifiers write branches. */
  #shortEffect(): [string, string] {
    const { kernel, script } = this.#truth(2);
    const [effect, effectScript] = this.#mapEffect().map((one) => one.replace(/;$/, ""));
    const value = this.#number(2);
    const out = this.#outs++;
    if (effectScript?.startsWith("{")) return this.#out(value);
    const operator = this.#chance.pick(["&&", "||"]);
    return [
      `${kernel} ${operator} (${effect}, out.set(${out}, ${value.kernel}));`,
      `${script} ${operator} (${effectScript}, out.set(${out}n, S(${value.script})));`,
    ];
  }

  #out(value: Num): [string, string] {
    const index = this.#outs++;
    return [`out.set(${index}, ${value.kernel});`, `out.set(${index}n, S(${value.script}));`];
  }

  #key(): Num {
    return binary("&", this.#number(1), number(3n));
  }

  #mapAndKey(): [Type & { readonly name: string }, Num] {
    const own = { name: "m", ...SIGNED };
    const map = this.#chance.pick([...INPUTS, own, own]);
    return [map, this.#key()];
  }

  #number(depth: number): Num {
    if (depth === 0) return this.#leaf();
    switch (this.#chance.below(16)) {
      case 0:
      case 1:
      case 2:
        return this.#leaf();
      case 3:
      case 4:
      case 5:
        return binary(this.#chance.pick(PLAIN), this.#running(depth - 1), this.#number(depth - 1));
      case 6:
        return this.#division(depth);
      case 7:
      case 8:
        return this.#shift(depth);
      case 9: {
        const of = this.#running(depth - 1);
        return this.#chance.below(2)
          ? { kernel: `(-${of.kernel})`, script: `S(-${of.script})`, ...SIGNED }
          : {
            kernel: `(~${of.kernel})`,
            script: wrapped(`~${of.script}`, of.signed),
            signed: of.signed,
            wide: true,
          };
      }
      case 10:
      case 11: {
        const { kernel, script } = this.#truth(depth - 1);
        const [then, other] = [this.#number(depth - 1), this.#number(depth - 1)];
        const type = either(then, other);
        return {
          kernel: `(${kernel} ? ${then.kernel} : ${other.kernel})`,
          script: wrapped(`${script} ? ${then.script} : ${other.script}`, type.signed),
          ...type,
        };
      }
      case 12: {
        const { kernel, script } = this.#truth(depth - 1);
        return { kernel: `(${kernel} ? 1 : 0)`, script: `(${script} ? 1n : 0n)`, ...SIGNED };
      }
      case 13: {
        const [map, key] = this.#mapAndKey();
        const other = this.#number(depth - 1);
        const type = either({ ...map, kernel: "", script: "" }, other);
        return {
          kernel: `(${map.name}.get(${key.kernel}) ?? ${other.kernel})`,
          script: wrapped(`${map.name}.get(${key.script}) ?? ${other.script}`, type.signed),
          ...type,
        };
      }
      case 14: {
        const [a, b] = [this.#running(depth - 1), this.#number(depth - 1)];
        const operator = this.#chance.pick(["||", "&&"]);
        const type = operator === "||" ? either(a, b) : either(b, number(0n));
        return {
          kernel: `(${a.kernel} ${operator} ${b.kernel})`,
          script: wrapped(`${a.script} ${operator} ${b.script}`, type.signed),
          ...type,
        };
      }
      default:
        return this.#assignment(depth - 1);
    }
  }

  #division(depth: number): Num {
    const operator = this.#chance.pick(["/", "%"]);
    const [a, b] = [this.#running(depth - 1), this.#number(depth - 1)];
    const signed = a.signed || b.signed;
    const name = operator === "/" ? "divided" : "rest";
    return {
      kernel: `(${a.kernel} ${operator} ${b.kernel})`,
      script: wrapped(`${name}(${wrapped(a.script, signed)}, ${wrapped(b.script, signed)})`, signed),
      signed,
      wide: true,
    };
  }

  #shift(depth: number): Num {
    const operator = this.#chance.pick(["<<", ">>", ">>>"]);
    const a = this.#running(depth - 1);
    const b = this.#chance.below(2) ? number(BigInt(this.#chance.below(64))) : this.#number(depth - 1);
    const amount = `(${b.script} & 63n)`;
    switch (operator) {
      case "<<":
        return {
          kernel: `(${a.kernel} << ${b.kernel})`,
          script: wrapped(`${a.script} << ${amount}`, a.signed),
          signed: a.signed,
          wide: true,
        };
      case ">>":
        return {
          kernel: `(${a.kernel} >> ${b.kernel})`,
          script: `(${a.script} >> ${amount})`,
          signed: a.signed,
          wide: true,
        };
      default:
        return {
          kernel: `(${a.kernel} >>> ${b.kernel})`,
          script: `(U(${a.script}) >> ${amount})`,
          ...UNSIGNED,
        };
    }
  }

  #assignment(depth: number): Num {
    const targets = this.#scope.filter(({ fixed }) => !fixed);
    if (targets.length === 0) return this.#leaf();
    const { name, signed, wide } = this.#chance.pick(targets);
    const set = (kernel: string, script: string): Num => ({
      kernel: `(${kernel})`,
      script: `(${name} = ${wrapped(script, signed)})`,
      signed,
      wide,
    });
    switch (this.#chance.below(5)) {
      case 0: {
        const operator = this.#chance.pick(["++", "--"]);
        const sign = operator === "++" ? "+" : "-";
        if (this.#chance.below(2)) return set(`${operator}${name}`, `${name} ${sign} 1n`);
        // The value before: the script takes the change back
        return {
          kernel: `(${name}${operator})`,
          script: `((t) => (${name} = ${wrapped(`${name} ${sign} 1n`, signed)}, t))(${name})`,
          signed,
          wide,
        };
      }
      case 1: {
        const operator = this.#chance.pick(PLAIN);
        const value = this.#number(depth);
        return set(`${name} ${operator}= ${value.kernel}`, `${name} ${operator} ${value.script}`);
      }
      default: {
        const value = this.#number(depth);
        return set(`${name} = ${value.kernel}`, value.script);
      }
    }
  }

  /** What is no constant, so that nothing is folded but what JavaScript would fold too. */
  #running(depth: number): Num {
    const value = this.#number(depth);
    return value.constant === undefined ? value : this.#variable();
  }

  #leaf(): Num {
    return this.#chance.below(3) === 0 ? number(this.#chance.pick(CONSTANTS)) : this.#variable();
  }

  #variable(): Num {
    return read(this.#chance.pick(this.#scope));
  }

  #truth(depth: number): Truth {
    switch (depth === 0 ? 0 : this.#chance.below(6)) {
      case 1: {
        const [a, b] = [this.#truth(depth - 1), this.#truth(depth - 1)];
        const operator = this.#chance.pick(["&&", "||"]);
        return {
          kernel: `(${a.kernel} ${operator} ${b.kernel})`,
          script: `(${a.script} ${operator} ${b.script})`,
        };
      }
      case 2: {
        const of = this.#truth(depth - 1);
        return { kernel: `!${of.kernel}`, script: `!${of.script}` };
      }
      case 3: {
        const { kernel, script } = this.#running(depth - 1);
        return { kernel: `!(${kernel})`, script: `!(${script})` };
      }
      case 4: {
        const [map, key] = this.#mapAndKey();
        return { kernel: `${map.name}.has(${key.kernel})`, script: `${map.name}.has(${key.script})` };
      }
      default: {
        const [a, b] = [this.#running(Math.max(0, depth - 1)), this.#number(Math.max(0, depth - 1))];
        const operator = this.#chance.pick(COMPARISONS);
        const signed = a.signed || b.signed;
        return {
          kernel: `(${a.kernel} ${operator} ${b.kernel})`,
          script: `(${wrapped(a.script, signed)} ${operator} ${wrapped(b.script, signed)})`,
        };
      }
    }
  }
}

function number(value: bigint): Num {
  const text = value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)
    ? `${value}n`
    : `${value}`;
  const kernel = value < 0n ? `(${text})` : text;
  return { kernel, script: `(${value}n)`, signed: value < 0n, wide: true, constant: value };
}

function read({ name, signed, wide }: Variable): Num {
  return { kernel: name, script: name, signed, wide };
}

/** The type of what is one of two; a constant has the type of the other where it fits that. */
function either(a: Num, b: Num): Type {
  const [constants, others] = [[a, b].filter(isConstant), [a, b].filter((one) => !isConstant(one))];
  const [other] = others;
  const [constant] = constants;
  if (other === undefined) {
    const signed = constants.every((one) => (one.constant ?? 0n) < 2n ** 63n);
    return signed || constants.some(({ signed }) => signed) ? SIGNED : UNSIGNED;
  }
  if (constant?.constant !== undefined) {
    const bits = other.wide ? 64 : 32;
    const fits = other.signed || constant.constant === BigInt.asUintN(bits, constant.constant);
    if (fits) return { signed: other.signed, wide: other.wide };
    return constant.signed ? SIGNED : UNSIGNED;
  }
  return { signed: a.signed || b.signed, wide: a.wide || b.wide };
}

function isConstant({ constant }: Num): boolean {
  return constant !== undefined;
}

/** In 64 bits. */
function wrapped(script: string, signed: boolean): string {
  return `${signed ? "S" : "U"}(${script})`;
}

function binary(operator: (typeof PLAIN)[number], a: Num, b: Num): Num {
  const signed = operator === "-" || a.signed || b.signed;
  return {
    kernel: `(${a.kernel} ${operator} ${b.kernel})`,
    script: wrapped(`${a.script} ${operator} ${b.script}`, signed),
    signed,
    wide: true,
  };
}

function joined(statements: readonly [string, string][]): [string, string] {
  return [statements.map(([one]) => one).join("\n"), statements.map(([, one]) => one).join("\n")];
}

import { assertEquals } from "@std/assert";
import { test } from "../_harness.ts";
import { compute } from "./_kernel.ts";

const NEEDS = ["bpf"] as const;

/** What the kernel makes of an expression of a and b. */
function both(text: string, a: number | bigint, b: number | bigint): bigint | undefined {
  const body = `(c, { input, output }) => {
    const a = input.get(0), b = input.get(1);
    output.set(0, ${text});
  }`;
  return compute(body, [a, b]).get(0);
}

test("numbers are computed as JavaScript does with bigints of 64 bits", { needs: NEEDS }, () => {
  const pairs: [bigint, bigint][] = [[7n, 2n], [-7n, 2n], [7n, -2n], [-7n, -2n], [2n ** 62n, 3n], [
    -(2n ** 63n),
    1n,
  ]];
  for (const [a, b] of pairs) {
    const wrap = (value: bigint) => BigInt.asIntN(64, value);
    assertEquals(both("a + b", a, b), wrap(a + b));
    assertEquals(both("a - b", a, b), wrap(a - b));
    assertEquals(both("a * b", a, b), wrap(a * b));
    assertEquals(both("a / b", a, b), wrap(a / b));
    assertEquals(both("a % b", a, b), wrap(a % b));
    assertEquals(both("a & b", a, b), a & b);
    assertEquals(both("a | b", a, b), a | b);
    assertEquals(both("a ^ b", a, b), a ^ b);
    assertEquals(both("~a", a, b), ~a);
    assertEquals(both("-a", a, b), wrap(-a));
    assertEquals(both("a << 3", a, b), wrap(a << 3n));
    assertEquals(both("a >> 3", a, b), a >> 3n);
    assertEquals(both("a >>> 3", a, b), BigInt.asUintN(64, a) >> 3n);
    assertEquals(both("a / 3", a, b), a / 3n);
    assertEquals(both("a % -3", a, b), a % -3n);
    assertEquals(both("a / -1", a, b), wrap(a / -1n));
    assertEquals(both("a / -2", a, b), a / -2n);
    for (const operator of ["<", "<=", ">", ">=", "==", "!="]) {
      const expected =
        { "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a === b, "!=": a !== b }[operator];
      assertEquals(both(`a ${operator} b ? 1 : 0`, a, b), expected ? 1n : 0n, `${a} ${operator} ${b}`);
      assertEquals(both(`!(a ${operator} b) ? 1 : 0`, a, b), expected ? 0n : 1n, `!(${a} ${operator} ${b})`);
    }
  }
});

test("what is divided by 0 is 0, and the remainder what was divided", { needs: NEEDS }, () => {
  assertEquals(both("a / b", 7, 0), 0n);
  assertEquals(both("a % b", 7, 0), 7n);
  assertEquals(both("a / 0", -7, 0), 0n);
  assertEquals(both("a % 0", -7, 0), -7n);
});

test("constants of 64 bits are exact", { needs: NEEDS }, () => {
  assertEquals(both("a + 0x1234_5678_9abc_def0n", 1, 0), 0x1234_5678_9abc_def1n);
  assertEquals(both("a & 0xffffffff", -1, 0), 0xffff_ffffn);
  assertEquals(both("a & 0xffffffff00000000n", -1, 0), -(1n << 32n));
  assertEquals(both("a - 4294967296", 0, 0), -4294967296n);
});

test("&&, ||, ?? and ?: choose as in JavaScript", { needs: NEEDS }, () => {
  for (const [a, b] of [[0, 0], [0, 5], [5, 0], [3, 4]] as const) {
    assertEquals(both("a + 0 || b + 0", a, b), BigInt(a || b));
    assertEquals(both("a + 0 && b + 0", a, b), BigInt(a && b));
    assertEquals(both("a > 1 && b > 1 || a == b ? 1 : 2", a, b), (a > 1 && b > 1) || a === b ? 1n : 2n);
    assertEquals(both("input.get(9) ?? a", a, b), BigInt(a));
    assertEquals(both("input.get(0) ?? 77", a, b), BigInt(a));
  }
});

test("a value of a map is what it was when it was read", { needs: NEEDS }, () => {
  const output = compute((_c, { input, output }) => {
    const before = input.get(0);
    input.set(0, 20);
    const missing = input.get(5);
    output.set(0, before ?? -1);
    output.set(1, before === undefined ? 1 : 0);
    output.set(2, missing === undefined ? 1 : 0);
    input.set(5, 1);
    output.set(3, missing === undefined ? 1 : 0);
    output.set(4, input.delete(5) ? 1 : 0);
    output.set(5, input.delete(5) ? 1 : 0);
    output.set(6, input.has(0) ? 1 : 0);
    output.set(7, input.has(5) ? 1 : 0);
    input.count(0, 3);
    input.count(6);
    output.set(8, input.get(0) ?? 0);
    output.set(9, input.get(6) ?? 0);
  }, [10]);
  assertEquals([...output.keys()].sort().map((key) => output.get(key)), [
    10n,
    0n,
    1n,
    1n,
    1n,
    0n,
    1n,
    0n,
    23n,
    1n,
  ]);
});

test("loops run as often as they do in JavaScript", { needs: NEEDS }, () => {
  const output = compute((_c, { output }) => {
    let sum = 0;
    for (let i = 0; i < 100; i++) {
      if (i % 3 === 0) continue;
      if (i === 50) break;
      sum += i;
    }
    output.set(0, sum);
    let down = 0;
    for (let i = 10; i > 0; i -= 3) down = down * 10 + i;
    output.set(1, down);
    let nested = 0;
    for (let i = 0; i < 5; i++) for (let j = 0; j < i; j++) nested++;
    output.set(2, nested);
  });
  let sum = 0;
  for (let i = 0; i < 50; i++) if (i % 3 !== 0) sum += i;
  assertEquals(output.get(0), BigInt(sum));
  assertEquals(output.get(1), 10741n);
  assertEquals(output.get(2), 10n);
});

test("i++ is the value before, ++i the one after", { needs: NEEDS }, () => {
  const output = compute((_c, { output }) => {
    let i = 5;
    output.set(0, i++);
    output.set(1, ++i);
    output.set(2, i--);
    i *= 3;
    i ||= 9;
    output.set(3, i);
  });
  assertEquals([0, 1, 2, 3].map((key) => output.get(key)), [5n, 7n, 7n, 18n]);
});

test("switch chooses as in JavaScript", { needs: NEEDS }, () => {
  const chosen = (value: number): number => {
    switch (value) {
      case 1:
      case 2:
        return 10;
      case 3: {
        return 20;
      }
      case 4:
        value += 26;
        break;
      case 5:
        if (value) return 50;
        return 60;
      default:
        value = 0 - value;
    }
    return value;
  };
  const body = `(c, { input, output }) => {
    for (let i = 0; i < 7; i++) {
      let value = input.get(i);
      switch (value) {
        case 1:
        case 2:
          output.set(i, 10);
          continue;
        case 3: {
          value = 20;
          break;
        }
        case 4:
          value += 26;
          break;
        case 5:
          if (value) value = 50; else value = 60;
          break;
        default:
          value = 0 - value;
      }
      output.set(i, value);
    }
  }`;
  const inputs = [1, 2, 3, 4, 5, 6, -1];
  const output = compute(body, inputs);
  assertEquals(inputs.map((_, i) => Number(output.get(i))), inputs.map(chosen));
});

/** Whole numbers below 2^32 that are the same in each run: xorshift. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** An expression as kernel functions have it, and as JavaScript rounds it. */
function randomExpression(
  random: (below: number) => number,
  depth: number,
): { kernel: string; script: string } {
  if (depth === 0 || random(5) === 0) {
    const name = ["a", "b", "d"][random(4)];
    const text = name ?? String(random(20) - 10);
    return { kernel: `(${text})`, script: `(${text})` };
  }
  const [x, y] = [randomExpression(random, depth - 1), randomExpression(random, depth - 1)];
  const join = (operator: string) => ({
    kernel: `(${x.kernel} ${operator} ${y.kernel})`,
    script: `(${x.script} ${operator} ${y.script})`,
  });
  const pick = random(9);
  switch (pick) {
    case 0:
    case 1:
      return join(pick === 0 ? "+" : "-");
    case 2:
      return join("*");
    case 3:
      return { kernel: `(${x.kernel} / ${y.kernel})`, script: `divided(${x.script}, ${y.script})` };
    case 4:
      return { kernel: `(${x.kernel} % ${y.kernel})`, script: `rest(${x.script}, ${y.script})` };
    case 5: {
      const operator = ["<", "<=", ">", ">=", "===", "!=="][random(6)] ?? "<";
      const z = randomExpression(random, depth - 1);
      return {
        kernel: `(${x.kernel} ${operator} ${y.kernel} ? ${z.kernel} : ${x.kernel})`,
        script: `(${x.script} ${operator} ${y.script} ? ${z.script} : ${x.script})`,
      };
    }
    case 6:
      return { kernel: `(-${x.kernel})`, script: `(-${x.script})` };
    case 7:
      return join("||");
    default:
      return join("&&");
  }
}

test("300 random expressions come out as JavaScript has them", { needs: NEEDS }, () => {
  const random = randomNumbers(20261126);
  const divided = (x: number, y: number) => y === 0 ? 0 : Math.trunc(x / y);
  const rest = (x: number, y: number) => y === 0 ? x : x % y;
  for (let round = 0; round < 30; round++) {
    const inputs = [random(200) - 100, random(30) - 15, random(3) - 1];
    const expressions = Array.from({ length: 10 }, () => randomExpression(random, 4));
    const body = `(c, { input, output }) => {
      const a = input.get(0), b = input.get(1), d = input.get(2);
      ${expressions.map(({ kernel }, i) => `output.set(${i}, ${kernel});`).join("\n")}
    }`;
    const output = compute(body, inputs);
    expressions.forEach(({ script, kernel }, i) => {
      // The engine itself is what is compared with
      const expected = new Function("a", "b", "d", "divided", "rest", `return ${script}`);
      const value: number = expected(...inputs, divided, rest);
      if (!Number.isSafeInteger(value)) return;
      assertEquals(output.get(i), BigInt(value), `${kernel} of ${inputs}`);
    });
  }
});

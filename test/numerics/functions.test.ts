/** The functions of floats in C that call no library, against those of the language in double. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../kernels/random.ts";

const exact: Readonly<Record<string, (x: number) => number>> = {
  mote_exp_any: Math.exp,
  mote_sigmoid_of: (x) => 1 / (1 + Math.exp(-x)),
  mote_tanh_of: Math.tanh,
  mote_mish_of: (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
};

const names = Object.keys(exact);

const source = `#include <stdio.h>
#include "kernels/unary_f32.h"
int main(void)
{
    float v;
    while (fread(&v, sizeof v, 1, stdin) == 1) {
        const float made[] = {${names.map((name) => `${name}(v)`).join(", ")}};
        fwrite(made, sizeof made, 1, stdout);
    }
    return 0;
}
`;

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mote-functions-"));
  writeFileSync(join(folder, "main.c"), source);
  const runtime = join(import.meta.dirname, "../../runtime-c");
  execFileSync("gcc", ["-O2", `-I${runtime}`, "main.c", "-o", "main", "-lm"], { cwd: folder });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(list: readonly number[]): ReadonlyMap<string, number[]> {
  const input = Buffer.from(Float32Array.from(list).buffer);
  const out = execFileSync(join(folder, "main"), { input, maxBuffer: 2 ** 26 });
  const made = new Float32Array(new Uint8Array(out).buffer);
  return new Map(
    names.map((name, f) => [name, list.map((_, i) => made[i * names.length + f]!)] as const),
  );
}

const random = new Random(7);
const drawn = Array.from({ length: 20000 }, (_, i) => {
  const x = i % 2 === 0 ? random.real(-87, 87) : 2 ** random.real(-40, 6);
  return Math.fround(random.chance(0.5) ? x : -x);
});

describe("relative errors stay below 6e-7", () => {
  test.each(names)("%s", (name) => {
    const made = run(drawn).get(name)!;
    const far = drawn.flatMap((x, i) => {
      const y = exact[name]!(x);
      return Math.abs(made[i]! - y) <= 6e-7 * Math.abs(y) ? [] : [{ x, y, made: made[i] }];
    });
    expect(far.slice(0, 5)).toEqual([]);
  });
});

test("ends of the range of floats", () => {
  const list = [Infinity, -Infinity, 89, 88.7, -88, -103, -104.5, Number.NaN].map(Math.fround);
  const made = run(list);
  const rounded = list.map((x) => Math.fround(Math.exp(x)));
  for (const [i, y] of made.get("mote_exp_any")!.entries())
    expect(Math.abs(y - rounded[i]!) || 0, `${list[i]}`).toBeLessThanOrEqual(
      Number.isFinite(rounded[i]) ? 2e-7 * rounded[i]! + 2 ** -149 : 0,
    );
  expect(made.get("mote_tanh_of")).toEqual([1, -1, 1, 1, -1, -1, -1, Number.NaN]);
});

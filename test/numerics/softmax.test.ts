/** int8 softmax in every row that TFLite's reference kernels computed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { evaluateNode } from "../../compiler/check/eval.ts";
import { input, type Node } from "../../compiler/ir/graph.ts";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { perTensor } from "../../compiler/ir/types.ts";
import { buildNode } from "../../compiler/ops/build.ts";

interface Row {
  readonly scale: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

const { rows } = JSON.parse(readFileSync(join(import.meta.dirname, "softmax.json"), "utf8")) as {
  rows: Row[];
};

function softmax(shape: readonly number[], scale: number, axis: number): Node {
  const x = input("x", { elem: "int8", shape, quant: perTensor(scale, 0) });
  const stored = { elem: "int8", quant: perTensor(1 / 256, -128) } as const;
  return buildNode("Softmax", [x], { axis }, { stored });
}

const run = (node: Node, x: Tensor, profile: "fast" | "tflite") =>
  Array.from(evaluateNode(node, [x], profile)[0]!.data as Int8Array);

it.each(["fast", "tflite"] as const)("every row, profile %s", (profile) => {
  expect(rows.length).toBe(400);
  for (const { scale, x, y } of rows) {
    const node = softmax([1, x.length], scale, -1);
    expect(run(node, tensorOf("int8", [1, x.length], x), profile)).toEqual(y);
  }
});

it("along another axis, the same rows", () => {
  const [row] = rows.filter((r) => r.x.length > 4);
  const { x, y, scale } = row!;
  const columns = (list: readonly number[]) => list.flatMap((q) => [q, q, q]);
  const node = softmax([1, x.length, 3], scale, 1);
  expect(run(node, tensorOf("int8", [1, x.length, 3], columns(x)), "fast")).toEqual(columns(y));
});

it("stays near the real softmax", () => {
  for (const { scale, x, y } of rows) {
    const e = x.map((q) => Math.exp((q - Math.max(...x)) * scale));
    const sum = e.reduce((a, b) => a + b);
    y.forEach((q, i) => {
      expect(Math.abs(q + 128 - Math.min(255, (256 * e[i]!) / sum))).toBeLessThan(1.1);
    });
  }
});

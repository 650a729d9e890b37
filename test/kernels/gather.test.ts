/** Indices at run time that are outside the axis. */
import { expect, test } from "vitest";
import { input } from "../../compiler/ir/graph.ts";
import { float32s, int64s } from "../../compiler/ir/tensor.ts";
import { buildNode } from "../../compiler/ops/build.ts";
import { casesOf } from "./case.ts";
import { Random } from "./random.ts";
import { runCases } from "./run.ts";

test("indices outside take the nearest slice", { timeout: 60_000 }, async () => {
  const x = input("", { elem: "float32", shape: [3, 1] });
  const indices = input("", { elem: "int64", shape: [6] });
  const node = buildNode("Gather", [x, indices], { axis: 0 });
  const inputs = [float32s([3, 1], [10, 11, 12]), int64s([-1000, -4, -3, 2, 3, 2 ** 40])];
  const cases = casesOf({ node }, new Random(1)).map((c) => ({ ...c, inputs }));
  const [[y] = []] = await runCases(cases);
  expect(Array.from(y!.data as Float32Array)).toEqual([10, 10, 10, 12, 12, 12]);
});

/** RowInput passes an image on, row by row. */
import { expect, it } from "vitest";
import { evaluateNode } from "../../compiler/check/eval.ts";
import { input } from "../../compiler/ir/graph.ts";
import { buildNode } from "../../compiler/ops/build.ts";
import { operatorOf } from "../../compiler/ops/registry.ts";
import { Random } from "../support/random.ts";

it("RowInput is what it is given, and its rows are those of the input", () => {
  const type = { elem: "int8", shape: [1, 3, 4, 2] } as const;
  const node = buildNode("RowInput", [input("x", type)]);
  const x = new Random(1).tensor("int8", type.shape);
  expect(evaluateNode(node, [x], "fast")).toEqual([x]);
  expect([0, 1, 2].map(operatorOf(node).rows!(node, 0)!)).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
  ]);
});

/** Floats of 16 and 64 bits: computed in float32, or as they are where kernels do. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { parseGraph } from "../../compiler/ir/parse.ts";
import { doubles, inSingle } from "../../compiler/rewrite/singles.ts";
import { operatorCounts } from "../support/models.ts";
import { expectNear } from "../support/near.ts";
import { Random } from "../support/random.ts";

const graphOf = (elem: string): Graph<"imported"> =>
  parseGraph(`graph imported "g" {
    %0: ${elem}[2, 3] = Input
    %1: ${elem}[3, 4] = Constant [1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6]
    %2: ${elem}[2, 4] = MatMul(%0, %1)
    %3: ${elem}[4, 2] = Transpose(%2) {perm: [1, 0]}
    %4: ${elem}[4, 2] = Softmax(%3) {axis: 0}
    return %4 as "y"
  }`) as Graph<"imported">;

describe.each(["float16", "float64"] as const)("%s", (elem) => {
  const [before, after] = [graphOf(elem), inSingle(graphOf(elem))];

  it("keeps the types of inputs and outputs, and the numbers", () => {
    const x = new Random(5).tensor(elem, [2, 3]);
    expect(after.inputs[0]!.type.elem).toBe(elem);
    expectNear(evaluate(after, [x])[0]!, evaluate(before, [x])[0]!, 3e-3);
  });

  it("computes in float32", () => {
    const types = (op: string) =>
      after.nodes.filter((n) => n.op === op).map((n) => n.outputs[0]!.type.elem);
    expect([types("MatMul"), types("Softmax")]).toEqual([["float32"], ["float32"]]);
  });
});

it("halves that were computed are not rounded on the way", () => {
  expect(operatorCounts(inSingle(graphOf("float16"))).Cast).toBe(3);
});

it("doubles stay where a kernel computes on them, and are no reason to warn", () => {
  const graph = parseGraph(`graph imported "g" {
    %0: float64[2] = Input
    %1: float64[2] = Add(%0, %0)
    return %1 as "y"
  }`) as Graph<"imported">;
  expect(inSingle(graph)).toBe(graph);
  expect(doubles(graph)).toEqual([]);
  expect(doubles(graphOf("float64")).map((n) => n.op)).toEqual(["MatMul", "Softmax"]);
});

/** Graphs that random testing found and that once went wrong. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { verify } from "../../compiler/check/verify.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { parseGraph } from "../../compiler/ir/parse.ts";
import { expectNear } from "../support/near.ts";
import { lowered } from "../support/oracle.ts";
import { Random } from "../support/random.ts";

const cases: Record<string, string> = {
  "a mean that keeps its axis under one that does not": `
    %0: float32[1, 3, 6, 4] = Input
    %1: int64[1] = Constant [1]
    %2: float32[1, 1, 6, 4] = ReduceMean(%0, %1)
    %3: int64[2] = Constant [2, 3]
    %4: float32[1, 1] = ReduceMean(%2, %3) {keepdims: 0}
    return %4 as "y"`,
  "a one-element operand behind a pool and one that is not, joined": `
    %0: float32[1, 1, 1, 1] = Input
    %1: int64[8] = Constant [0, 0, 1, 0, 0, 0, 0, 0]
    %2: float32[1, 1, 2, 1] = Pad(%0, %1)
    %3: int64[2] = Constant [1, 1]
    %4: float32[1, 1, 1, 1], %5: float32[1, 1, 1, 1] = Split(%2, %3) {axis: 2}
    %6: float32[1, 1, 1, 1] = MaxPool(%0) {kernel_shape: [1, 1], strides: [2, 1]}
    %7: float32[1, 1, 1, 2] = Concat(%4, %6) {axis: 3}
    return %7 as "y", %4 as "z"`,
};

describe.each(Object.entries(cases))("%s", (_, body) => {
  const graph = parseGraph(`graph imported "g" {${body}\n}`) as Graph<"imported">;

  it("is lowered, sound, with the same numbers", () => {
    const random = new Random(1);
    const inputs = graph.inputs.map((v) => random.tensor("float32", v.type.shape));
    const after = lowered(graph);
    expect(verify(after)).toEqual([]);
    const want = evaluate(graph, inputs);
    evaluate(after, inputs).forEach((t, i) => {
      expectNear(t, want[i]!);
    });
  });
});

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
  "one-element operands on both sides of a transposition": `
    %0: float32[1, 1, 1, 1] = Input
    %1: float32[1, 1, 1, 1] = Input
    %2: float32[1, 1, 1, 1] = Transpose(%0) {perm: [0, 2, 3, 1]}
    %3: float32[1, 1, 1, 2] = Concat(%2, %1) {axis: 3}
    return %3 as "y"`,
};

describe.each(Object.entries(cases))("%s", (_, body) => {
  const graph = parseGraph(`graph imported "g" {${body}\n}`) as Graph<"imported">;

  it("is lowered, sound, with the same numbers", () => {
    const random = new Random(1);
    const inputs = graph.inputs.map((v) => random.tensor("float32", v.type.shape));
    const after = lowered(graph);
    expect(verify(after)).toEqual([]);
    const [want] = evaluate(graph, inputs);
    expectNear(evaluate(after, inputs)[0]!, want!);
  });
});

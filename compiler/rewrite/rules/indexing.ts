/** Operators with indices, in the forms that kernels take. */
import { constant, constantOf, type Node } from "../../ir/graph.ts";
import { isBig, tensorOf } from "../../ir/tensor.ts";
import { build } from "../../ops/build.ts";
import type { Rule } from "../engine.ts";
import { op } from "../pattern.ts";

const hasWideIndices = ({ inputs }: Node): boolean => {
  const indices = constantOf(inputs[1]);
  return indices !== undefined && isBig(indices.data);
};

/** Constant indices, which are known to be inside, take half the memory. */
const narrowIndices: Rule = {
  name: "indices-of-32-bits",
  example: `graph imported "g" {
    %0: float32[2, 3] = Input
    %1: int64[2, 2] = Constant [-1, 0, 1, -2]
    %2: float32[2] = GatherND(%0, %1)
    return %2 as "y"
  }`,
  pattern: op(["GatherElements", "GatherND", "ScatterElements", "ScatterND"], undefined, {
    where: hasWideIndices,
  }),
  replace: ({ root, origins }) => {
    const [data, indices, ...updates] = root.inputs;
    const { shape, data: wide } = constantOf(indices)!;
    const narrow = constant(tensorOf("int32", shape, Array.from(wide, Number)), indices!.name);
    return build(root.op, [data, narrow, ...updates], root.attrs, { origins });
  },
};

export const indexingRules: readonly Rule[] = [narrowIndices];

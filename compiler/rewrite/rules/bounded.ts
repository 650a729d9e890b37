/** Operators whose results are as long as the values say, in the forms that kernels take. */
import { constant, constantOf } from "../../ir/graph.ts";
import { int64s } from "../../ir/tensor.ts";
import { elementCount, sameType } from "../../ir/types.ts";
import { trueAt } from "../../ops/bounded.ts";
import { build, buildNode } from "../../ops/build.ts";
import { onnxCode } from "../../ops/typing.ts";
import type { Rule } from "../engine.ts";
import { op } from "../pattern.ts";

const knownCompress: Rule = {
  name: "compress-to-gather",
  example: `graph imported "g" {
    %0: float32[2, 4] = Input
    %1: bool[3] = Constant [1, 0, 1]
    %2: float32[2, 2] = Compress(%0, %1) {axis: 1}
    return %2 as "y"
  }`,
  pattern: op("Compress", undefined, { where: (n) => constantOf(n.inputs[1]) !== undefined }),
  replace: ({ root, origins }) => {
    const [x, condition] = root.inputs;
    const indices = constant(int64s(trueAt(constantOf(condition)!)));
    const { axis } = root.attrs;
    const flat = constant(int64s([elementCount(x!.type.shape)]));
    const from = axis === undefined ? build("Reshape", [x, flat]) : x;
    const y = build("Gather", [from, indices], { axis: axis ?? 0 }, { origins });
    return sameType(y.type, root.outputs[0]!.type) ? y : undefined;
  },
};

const nonZeroOfBool: Rule = {
  name: "non-zero-of-bool",
  example: `graph imported "g" {
    %0: float32[2, 3] = Input
    %1: int64[2, 6] = NonZero(%0)
    return %1 as "y"
  }`,
  pattern: op("NonZero", undefined, { where: (n) => n.inputs[0]!.type.elem !== "bool" }),
  replace: ({ root, origins }) => {
    const isTrue = build("Cast", [root.inputs[0]], { to: onnxCode("bool") }, { origins });
    return build("NonZero", [isTrue], root.attrs, { origins });
  },
};

const uniqueOutputs: Rule = {
  name: "unique-with-all-outputs",
  example: `graph imported "g" {
    %0: float32[6] = Input
    %1: float32[6], %2: int64[6] = Unique(%0)
    return %1 as "y", %2 as "first"
  }`,
  pattern: op("Unique", undefined, { where: (n) => n.outputs.length < 4 }),
  replace: ({ root, origins }) => {
    const all = buildNode("Unique", root.inputs, root.attrs, { origins, outputCount: 4 });
    return all.outputs.slice(0, root.outputs.length);
  },
};

export const boundedRules: readonly Rule[] = [knownCompress, nonZeroOfBool, uniqueOutputs];

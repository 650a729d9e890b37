/**
 * Before: a fused imported graph. After: convolutions, pools and products that stay in ONNX's order
 * have what their kernels take: a bias, one result each, at most three axes.
 */
import { type Attrs, constant, type Node, type Value } from "../../ir/graph.ts";
import { newArray } from "../../ir/tensor.ts";
import { elementCount, isFloat, type Shape } from "../../ir/types.ts";
import { build } from "../../ops/build.ts";
import type { Rule } from "../engine.ts";
import { op } from "../pattern.ts";
import { isWeights, reshape } from "./values.ts";

/** Whether an image or a signal goes through the layers of NHWC. */
export const isImage = ({ inputs: [x] }: Node): boolean =>
  [3, 4].includes(x!.type.shape.length) && (isFloat(x!.type.elem) || x!.type.quant !== undefined);

export const hasWeights = ({ inputs: [, w] }: Node): boolean => isWeights(w!);

const zeros = ({ type: { elem } }: Value, shape: Shape): Value =>
  constant({ elem, shape, data: newArray(elem, elementCount(shape)) });

/** One result a channel, without a bias that is computed, which is added to it. */
export function biased(y: Value, b: Value | undefined, origins: readonly string[]): Value {
  if (!b || isWeights(b)) return y;
  const ones = y.type.shape.slice(2).map(() => 1);
  return build("Add", [y, reshape(b, [1, b.type.shape[0]!, ...ones])], {}, { origins });
}

const convolution: Rule = {
  name: "convolution-with-bias",
  example: `graph imported "g" {
    %0: float32[1, 4, 5, 7] = Input
    %1: float32[6, 4, 3, 3] = Input
    %2: float32[1, 6, 3, 5] = Conv(%0, %1)
    return %2 as "y"
  }`,
  pattern: op(["Conv", "ConvTranspose"], undefined, {
    where: (n) => !n.inputs[2] && !(isImage(n) && hasWeights(n)),
  }),
  replace: ({ root, origins }) => {
    const [x, w] = root.inputs as [Value, Value];
    const bias = zeros(w, [root.outputs[0]!.type.shape[1]!]);
    return build(root.op, [x, w, bias], root.attrs, { origins });
  },
};

const deformable: Rule = {
  name: "deformconv-with-bias",
  example: `graph imported "g" {
    %0: float32[1, 2, 4, 4] = Input
    %1: float32[3, 2, 2, 2] = Input
    %2: float32[1, 8, 3, 3] = Input
    %3: float32[1, 3, 3, 3] = DeformConv(%0, %1, %2)
    return %3 as "y"
  }`,
  pattern: op("DeformConv", undefined, { where: (n) => !n.inputs[3] }),
  replace: ({ root, origins }) => {
    const [x, w, offset, , mask] = root.inputs as Value[];
    const operands = [x, w, offset, zeros(w!, [w!.type.shape[0]!])];
    return build("DeformConv", mask ? [...operands, mask] : operands, root.attrs, { origins });
  },
};

const product: Rule = {
  name: "gemm-with-addend",
  example: `graph imported "g" {
    %0: float32[2, 4] = Input
    %1: float32[4, 3] = Input
    %2: float32[2, 3] = Gemm(%0, %1)
    return %2 as "y"
  }`,
  pattern: op("Gemm", undefined, { where: (n) => !n.inputs[2] && !hasWeights(n) }),
  replace: ({ root, origins }) => {
    const [a, b] = root.inputs as [Value, Value];
    return build("Gemm", [a, b, zeros(b, [])], root.attrs, { origins });
  },
};

const maxPool: Rule = {
  name: "maxpool-indices",
  example: `graph imported "g" {
    %0: float32[1, 2, 4, 4] = Input
    %1: float32[1, 2, 2, 2], %2: int64[1, 2, 2, 2] = MaxPool(%0) {kernel_shape: [3, 3]}
    return %1 as "y", %2 as "indices"
  }`,
  pattern: op("MaxPool", undefined, { where: (n) => n.outputs.length === 2 }),
  replace: ({ root, origins }) =>
    ["MaxPool", "MaxPoolIndices"].map((name) =>
      build(name, [root.inputs[0]], root.attrs, { origins }),
    ),
};

/** ONNX's pools over all of a signal. */
const ofSignal = (root: Node, x: Value, origins: readonly string[]): Value => {
  const whole: Attrs = { ...root.attrs, kernel_shape: x.type.shape.slice(2) };
  return root.op === "GlobalLpPool"
    ? build("LpPool", [x], whole, { origins })
    : build(root.op, [x], root.attrs, { origins });
};

const globalPool: Rule = {
  name: "global-pool-of-signal",
  example: `graph imported "g" {
    %0: float32[1, 2, 3, 4, 2] = Input
    %1: float32[1, 2, 1, 1, 1] = GlobalAveragePool(%0)
    return %1 as "y"
  }`,
  pattern: op(["GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool"], undefined, {
    where: (n) => n.op === "GlobalLpPool" || n.inputs[0]!.type.shape.length > 4,
  }),
  replace: ({ root, origins }) => {
    const x = root.inputs[0]!;
    const [batch, channels, ...size] = x.type.shape as [number, number, ...number[]];
    const y = ofSignal(root, reshape(x, [batch, channels, elementCount(size)]), origins);
    return reshape(y, root.outputs[0]!.type.shape);
  },
};

export const spatialRules: readonly Rule[] = [
  convolution,
  deformable,
  product,
  maxPool,
  globalPool,
];

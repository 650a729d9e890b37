/** Operators of com.microsoft on floats, which ONNX Runtime's optimiser writes, as ONNX's own. */
import { type Attrs, constant, num, type Value } from "../../ir/graph.ts";
import { int64s, scalar } from "../../ir/tensor.ts";
import { floats } from "../../ops/operator.ts";
import { findOperator } from "../../ops/registry.ts";
import { onnxCode } from "../../ops/typing.ts";
import { type Composed, type Expansion, required } from "./expansion.ts";

const withBias = (node: Expansion): Value => {
  const [x, bias] = [required(node, 0), node.inputs[1]];
  return bias ? node.make("Add", [x, bias]) : x;
};

const gelu = (inputs: Composed["inputs"], attrs: Attrs): Composed => ({
  inputs,
  types: { T: floats },
  attrs: {},
  expand: (node) => node.make("Gelu", [withBias(node)], attrs),
});

const quickGelu: Composed = {
  inputs: ["X: T"],
  types: { T: floats },
  attrs: { alpha: "float" },
  expand: (node) => {
    const alpha = num(node, "alpha", Math.fround(1.702));
    return node.make("Swish", [required(node, 0)], { alpha });
  },
};

/** An operand with its first axis moved before the last one, and then the last two swapped. */
function turned(node: Expansion, at: number): Value {
  const [x, side] = [required(node, at), at === 0 ? "A" : "B"];
  const rank = x.type.shape.length;
  const axes = x.type.shape.map((_, i) => i);
  const isMoved = num(node, `transBatch${side}`) !== 0;
  const order = isMoved ? [...axes.slice(1, -1), 0, rank - 1] : axes;
  const last = order.slice(-2);
  const perm = num(node, `trans${side}`) ? [...order.slice(0, -2), ...last.reverse()] : order;
  return perm.every((p, i) => p === i) ? x : node.make("Transpose", [x], { perm });
}

const fusedMatMul: Composed = {
  inputs: ["A: T", "B: T"],
  types: { T: floats },
  attrs: {
    alpha: "float",
    transA: "flag",
    transB: "flag",
    transBatchA: "flag",
    transBatchB: "flag",
  },
  expand: (node) => {
    const y = node.make("MatMul", [turned(node, 0), turned(node, 1)]);
    const alpha = num(node, "alpha", 1);
    return alpha === 1 ? y : node.make("Mul", [y, constant(scalar(y.type.elem, alpha))]);
  },
};

/** input + skip + bias, and what its normalisation along the last axis is told. */
function skipped(node: Expansion, biasAt: number): { sum: Value; attrs: Attrs } {
  const both = node.make("Add", [required(node, 0), required(node, 1)]);
  const bias = node.inputs[biasAt];
  const attrs = { axis: -1, epsilon: num(node, "epsilon", Math.fround(1e-12)) };
  return { sum: bias ? node.make("Add", [both, bias]) : both, attrs };
}

/** The layer normalisation, mean and inverse deviation; and the sum. */
const skipLayerNormalization: Composed = {
  inputs: ["input: T", "skip: T", "gamma: T", "beta?: T", "bias?: T"],
  types: { T: floats },
  attrs: { epsilon: "float" },
  expand: (node) => {
    const { sum, attrs } = skipped(node, 4);
    const operands = [sum, required(node, 2), node.inputs[3]];
    const y = node.make("LayerNormalization", operands, attrs, { outputCount: 3 });
    return [...y.node.outputs, sum];
  },
};

/** The normalisation by the root of the mean square; and the sum. */
const skipSimplifiedLayerNormalization: Composed = {
  inputs: ["input: T", "skip: T", "gamma: T", "bias?: T"],
  types: { T: floats },
  attrs: { epsilon: "float" },
  expand: (node) => {
    const { sum, attrs } = skipped(node, 3);
    const y = node.make("RMSNormalization", [sum, required(node, 2)], attrs);
    return [y, undefined, undefined, sum];
  },
};

/** Weights [directions, inputs, rows] in integers as floats [directions, rows, inputs]. */
function dequantised(node: Expansion, at: number, scaleAt: number): Value {
  const [w, scale, zero] = [required(node, at), required(node, scaleAt), node.inputs[scaleAt + 1]];
  const [directions] = w.type.shape as [number];
  const rows = scale.type.shape.length > 1 ? scale.type.shape[1]! : 1;
  const float = (v: Value) => node.make("Cast", [v], { to: onnxCode("float32") });
  const wide = (v: Value) => node.make("Reshape", [v, constant(int64s([directions, 1, rows]))]);
  const centred = zero ? node.make("Sub", [float(w), wide(float(zero))]) : float(w);
  return node.make("Transpose", [node.make("Mul", [centred, wide(scale)])], { perm: [0, 2, 1] });
}

/** ONNX Runtime rounds X and the states to integers, too; here these stay float. */
const dynamicQuantizeLstm: Composed = {
  inputs: [
    "X: T",
    "W: W",
    "R: R",
    "B?: T",
    "sequence_lens?: I",
    "initial_h?: T",
    "initial_c?: T",
    "P?: T",
    "W_scale: T",
    "W_zero_point: W",
    "R_scale: T",
    "R_zero_point: R",
  ],
  types: { T: ["float32"], W: ["int8", "uint8"], R: ["int8", "uint8"], I: ["int32"] },
  attrs: findOperator("LSTM")!.attrs,
  limits: "its weights are held as floats, and activations stay float",
  expand: (node) => {
    const [x, , , ...rest] = node.inputs;
    const operands = [x, dequantised(node, 1, 8), dequantised(node, 2, 10), ...rest.slice(0, 5)];
    return node.make("LSTM", operands, node.attrs, { outputCount: 3 }).node.outputs;
  },
};

export const microsoftFloat: Readonly<Record<string, Composed>> = {
  BiasGelu: gelu(["A: T", "B: T"], {}),
  DynamicQuantizeLSTM: dynamicQuantizeLstm,
  FastGelu: gelu(["X: T", "bias?: T"], { approximate: "tanh" }),
  FusedMatMul: fusedMatMul,
  Gelu: gelu(["X: T"], {}),
  QuickGelu: quickGelu,
  SkipLayerNormalization: skipLayerNormalization,
  SkipSimplifiedLayerNormalization: skipSimplifiedLayerNormalization,
};

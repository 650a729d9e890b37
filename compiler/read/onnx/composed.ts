/** Operators that ONNX itself defines by others, read as those. */
import { constant, num, str, type Value } from "../../ir/graph.ts";
import { int64s, scalar, tensorOf } from "../../ir/tensor.ts";
import { elementCount, type Shape } from "../../ir/types.ts";
import { fail } from "../../ops/operator.ts";
import { onnxCode } from "../../ops/typing.ts";
import type { Contributed, Expansion } from "./microsoft.ts";

const ints = (...list: number[]): Value => constant(int64s(list));

const operand = ({ inputs }: Expansion, at: number): Value =>
  inputs[at] ?? fail(`lacks its input number ${at + 1}`);

/** Swish(A) · B (opset 28). */
const swiGlu: Contributed = {
  attrs: { alpha: "float" },
  expand: (node) => {
    const [a, b] = [operand(node, 0), operand(node, 1)];
    if (a.type.shape.join() !== b.type.shape.join())
      fail(`its operands are [${a.type.shape}] and [${b.type.shape}]; they must be the same`);
    return node.make("Mul", [node.make("Swish", [a], node.attrs), b]);
  },
};

const zeros = (elem: Value["type"]["elem"], shape: Shape): Value =>
  constant(tensorOf(elem, shape, new Array(elementCount(shape)).fill(0)));

/**
 * A depthwise convolution of a signal behind what came before it, and the last of both, which comes
 * before the next signal (opset 27).
 */
const causalConv: Contributed = {
  attrs: { activation: "string" },
  expand: (node) => {
    const [x, w] = [operand(node, 0), operand(node, 1)];
    if (x.type.shape.length !== 3 || w.type.shape.length !== 3)
      fail("its signal and weights must have three axes");
    const [batch, channels, length] = x.type.shape as [number, number, number];
    const before = w.type.shape[2]! - 1;
    const past = node.inputs[3] ?? zeros(x.type.elem, [batch, channels, before]);
    const padded = before > 0 ? node.make("Concat", [past, x], { axis: 2 }) : x;
    const y = node.make("Conv", [padded, w, node.inputs[2]], { group: channels });
    const activation = str(node, "activation", "none");
    if (!["none", "silu", "swish"].includes(activation)) fail(`unknown activation '${activation}'`);
    const end = length + before;
    const present = node.make("Slice", [padded, ints(length), ints(end), ints(2)]);
    return [activation === "none" ? y : node.make("Swish", [y]), present];
  },
};

/** 1 where an element is above the threshold. */
const binarizer: Contributed = {
  attrs: { threshold: "float" },
  expand: (node) => {
    const x = operand(node, 0);
    const threshold = constant(scalar(x.type.elem, num(node, "threshold")));
    const above = node.make("Greater", [x, threshold]);
    return node.make("Cast", [above], { to: onnxCode(x.type.elem) });
  },
};

/** Elements along the last axis; those of a vector as a row. */
const featureExtractor: Contributed = {
  attrs: {},
  expand: (node) => {
    const [x, y] = [operand(node, 0), operand(node, 1)];
    const count = elementCount(y.type.shape);
    const picked = node.make("Gather", [x, node.make("Reshape", [y, ints(count)])], { axis: -1 });
    return x.type.shape.length === 1 ? node.make("Reshape", [picked, ints(1, count)]) : picked;
  },
};

/** By domain and name. */
export const composed: ReadonlyMap<string, Contributed> = new Map([
  ["SwiGLU", swiGlu],
  ["CausalConvWithState", causalConv],
  ["ai.onnx.ml.Binarizer", binarizer],
  ["ai.onnx.ml.ArrayFeatureExtractor", featureExtractor],
]);

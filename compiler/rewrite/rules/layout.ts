/**
 * Before: lowered operators between transpositions. After: transpositions have moved towards the
 * outputs and cancelled; those at the edges are part of the first and last kernels or of weights.
 */
import {
  type Attrs,
  constant,
  constantOf,
  ints,
  type Node,
  num,
  str,
  type Value,
} from "../../ir/graph.ts";
import { int64s, numbers } from "../../ir/tensor.ts";
import { elementCount, sameShape } from "../../ir/types.ts";
import { build } from "../../ops/build.ts";
import { permutation } from "../../ops/movement.ts";
import { declaredShape } from "../../ops/operator.ts";
import { unaryFunction } from "../../ops/unary.ts";
import type { Rule } from "../engine.ts";
import { any, type Match, op, type Pattern } from "../pattern.ts";
import { isWeights, reshape, transpose } from "./values.ts";

export const inverse = (perm: readonly number[]): number[] => perm.map((_, i) => perm.indexOf(i));

const permOf = (node: Node): number[] => permutation(node.attrs, node.inputs[0]!.type.shape.length);

/** Quantize and Dequantize are not among them: the integer rules move those. */
const isElementwise = (node: Node): boolean =>
  unaryFunction(node) !== undefined ||
  ["Clamp", "Cast"].includes(node.op) ||
  (node.op === "Requantize" && node.outputs[0]!.type.elem === "int8");

/** Elementwise operators of one operand: any shape, any layout. */
const elementwise = (operands: readonly Pattern[]) => op([], operands, { where: isElementwise });

const remake = (node: Node, inputs: readonly (Value | undefined)[], attrs: Attrs = node.attrs) =>
  build(node.op, inputs, attrs, { origins: node.origins, stored: node.outputs[0]!.type });

const sinkUnary: Rule = {
  name: "transpose-past-unary",
  example: `graph lowered "g" {
    %0: float32[1, 2, 3, 4] = Input
    %1: float32[1, 3, 4, 2] = Transpose(%0) {perm: [0, 2, 3, 1]}
    %2: float32[1, 3, 4, 2] = Tanh(%1)
    return %2 as "y"
  }`,
  pattern: elementwise([op("Transpose", [any("x")], { as: "transpose" })]),
  replace: (m) => {
    const y = remake(m.root, [m.value("x")]);
    return transpose(y, permOf(m.node("transpose")));
  },
};

const sinkReshape: Rule = {
  name: "reshape-past-unary",
  example: `graph lowered "g" {
    %0: float32[2, 6] = Input
    %1: int64[2] = Constant [3, 4]
    %2: float32[3, 4] = Reshape(%0, %1)
    %3: float32[3, 4] = Tanh(%2)
    return %3 as "y"
  }`,
  pattern: elementwise([op("Reshape", [any("x"), any()])]),
  replace: (m) => {
    const y = remake(m.root, [m.value("x")]);
    return reshape(y, m.root.outputs[0]!.type.shape);
  },
};

const binaries = ["Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "PRelu"];

const isTransposedBy = ({ node }: Value, perm: readonly number[]): boolean =>
  node.op === "Transpose" && sameShape(permOf(node), perm);

/** The operand as it must be before the transposition; scalars stay. */
function untransposed(v: Value, perm: readonly number[]): Value {
  if (elementCount(v.type.shape) === 1 && v.type.shape.length <= perm.length) return v;
  const missing = perm.length - v.type.shape.length;
  const full = missing > 0 ? reshape(v, [...Array(missing).fill(1), ...v.type.shape]) : v;
  return transpose(full, inverse(perm));
}

/**
 * Whether a transposition may move past an operator of several operands: when the others follow at
 * no cost, or when it leads out of NHWC, in which the operator then runs.
 */
function mayPass(m: Match, perm: readonly number[], others: readonly Value[]): boolean {
  const free = (v: Value) =>
    constantOf(v) !== undefined ||
    elementCount(v.type.shape) === 1 ||
    isTransposedBy(m.inside(v).outputs[0]!, perm);
  return others.map(free).every((is) => is) || perm.join() === "0,3,1,2";
}

const sinkBinary = (side: 0 | 1): Rule => ({
  name: `transpose-past-binary-${side}`,
  example: `graph lowered "g" {
    %0: float32[1, 2, 3, 4] = Input
    %1: float32[1, 3, 4, 2] = Transpose(%0) {perm: [0, 2, 3, 1]}
    %2: float32[2] = Constant [1, 2]
    %3: float32[1, 3, 4, 2] = ${side === 0 ? "Sub(%1, %2)" : "Sub(%2, %1)"}
    return %3 as "y"
  }`,
  pattern: op(
    binaries,
    side === 0
      ? [op("Transpose", [any("x")], { as: "transpose" }), any("other")]
      : [any("other"), op("Transpose", [any("x")], { as: "transpose" })],
  ),
  replace: (m) => {
    const perm = permOf(m.node("transpose"));
    const fits = m.root.outputs[0]!.type.shape.length === perm.length;
    if (!fits || !mayPass(m, perm, [m.value("other")])) return undefined;
    const other = untransposed(m.value("other"), perm);
    const operands = side === 0 ? [m.value("x"), other] : [other, m.value("x")];
    return transpose(remake(m.root, operands), perm);
  },
});

/** Both operands are the same elements under another shape. */
const sinkReshapes: Rule = {
  name: "reshapes-past-binary",
  example: `graph lowered "g" {
    %0: float32[2, 6] = Input
    %1: float32[2, 6] = Input
    %2: int64[2] = Constant [3, 4]
    %3: float32[3, 4] = Reshape(%0, %2)
    %4: float32[3, 4] = Reshape(%1, %2)
    %5: float32[3, 4] = Add(%3, %4)
    return %5 as "y"
  }`,
  pattern: op(binaries, [op("Reshape", [any("a"), any()]), op("Reshape", [any("b"), any()])]),
  replace: (m) => {
    const [a, b, y] = [m.value("a"), m.value("b"), m.root.outputs[0]!];
    const same =
      sameShape(a.type.shape, b.type.shape) &&
      sameShape(m.root.inputs[0]!.type.shape, m.root.inputs[1]!.type.shape);
    if (!same) return undefined;
    return reshape(remake(m.root, [a, b]), y.type.shape);
  },
};

/** A transposition of more than one element: others are no more than a new shape. */
const isReordered = ({ node, type }: Value): boolean =>
  node.op === "Transpose" && elementCount(type.shape) > 1;

const sinkConcat: Rule = {
  name: "transpose-past-concat",
  example: `graph lowered "g" {
    %0: float32[1, 2, 3, 4] = Input
    %1: float32[1, 4, 2, 3] = Input
    %2: float32[1, 4, 2, 3] = Transpose(%0) {perm: [0, 3, 1, 2]}
    %3: float32[1, 8, 2, 3] = Concat(%2, %1) {axis: 1}
    return %3 as "y"
  }`,
  pattern: op("Concat", undefined, { where: (n) => n.inputs.some((v) => isReordered(v!)) }),
  replace: (m) => {
    const first = m.root.inputs.find((v) => isReordered(v!))!;
    const perm = permOf(first.node);
    if (!mayPass(m, perm, m.root.inputs as Value[])) return undefined;
    const axis = perm[(num(m.root, "axis") + perm.length) % perm.length]!;
    const operands = m.root.inputs.map((v) =>
      isTransposedBy(v!, perm) ? v!.node.inputs[0] : untransposed(v!, perm),
    );
    return transpose(remake(m.root, operands, { axis }), perm);
  },
};

const list = (xs: readonly number[]): Value => constant(int64s(xs));
const listOf = (v: Value | undefined): number[] | undefined => {
  const tensor = constantOf(v);
  return tensor && Array.from(numbers(tensor));
};

const sinkSlice: Rule = {
  name: "transpose-past-slice",
  example: `graph lowered "g" {
    %0: float32[1, 2, 3, 4] = Input
    %1: float32[1, 3, 4, 2] = Transpose(%0) {perm: [0, 2, 3, 1]}
    %2: int64[1] = Constant [1]
    %3: int64[1] = Constant [3]
    %4: float32[1, 3, 2, 2] = Slice(%1, %2, %3, %5)
    return %4 as "y"
  }`.replace("%4: float32", "%5: int64[1] = Constant [2]\n    %4: float32"),
  pattern: op("Slice", undefined, {
    where: (n) => n.inputs[0]!.node.op === "Transpose" && declaredShape(n) === undefined,
  }),
  replace: (m) => {
    const [x, starts, ends, axes, steps] = m.root.inputs;
    const perm = permOf(m.inside(x!));
    const given = listOf(axes) ?? listOf(starts)?.map((_, i) => i);
    if (!given) return undefined;
    const moved = list(given.map((a) => perm[(a + perm.length) % perm.length]!));
    const operands = [x!.node.inputs[0], starts, ends, moved, ...(steps ? [steps] : [])];
    return transpose(remake(m.root, operands), perm);
  },
};

const sinkPad: Rule = {
  name: "transpose-past-pad",
  example: `graph lowered "g" {
    %0: float32[1, 2, 3, 4] = Input
    %1: float32[1, 3, 4, 2] = Transpose(%0) {perm: [0, 2, 3, 1]}
    %2: int64[8] = Constant [0, 1, 0, 0, 0, 2, 1, 0]
    %3: float32[1, 6, 5, 2] = Pad(%1, %2)
    return %3 as "y"
  }`,
  pattern: op("Pad", undefined, {
    where: (n) =>
      n.inputs[0]!.node.op === "Transpose" &&
      n.inputs[3] === undefined &&
      declaredShape(n) === undefined,
  }),
  replace: (m) => {
    const [x, pads, value] = m.root.inputs;
    const [perm, given] = [permOf(m.inside(x!)), listOf(pads)];
    if (!given) return undefined;
    const back = inverse(perm);
    const moved = [0, 1].flatMap((half) => back.map((i) => given[half * perm.length + i]!));
    const operands = [x!.node.inputs[0], list(moved), ...(value ? [value] : [])];
    return transpose(remake(m.root, operands), perm);
  },
};

const sinkReduce: Rule = {
  name: "transpose-past-reduce",
  example: `graph lowered "g" {
    %0: float32[1, 2, 3, 4] = Input
    %1: float32[1, 3, 4, 2] = Transpose(%0) {perm: [0, 2, 3, 1]}
    %2: int64[1] = Constant [3]
    %3: float32[1, 3, 4, 1] = ReduceMax(%1, %2)
    return %3 as "y"
  }`,
  pattern: op([], undefined, {
    where: (n) =>
      n.op.startsWith("Reduce") &&
      n.inputs[0]!.node.op === "Transpose" &&
      num(n, "keepdims", 1) !== 0 &&
      constantOf(n.inputs[1]) !== undefined,
  }),
  replace: (m) => {
    const x = m.root.inputs[0]!;
    const perm = permOf(m.inside(x));
    const axes = listOf(m.root.inputs[1])!.map((a) => perm[(a + perm.length) % perm.length]!);
    const y = remake(m.root, [x.node.inputs[0], list(axes)]);
    return transpose(y, perm);
  },
};

const sinkSoftmax: Rule = {
  name: "transpose-past-softmax",
  example: `graph lowered "g" {
    %0: float32[1, 2, 3, 4] = Input
    %1: float32[1, 3, 4, 2] = Transpose(%0) {perm: [0, 2, 3, 1]}
    %2: float32[1, 3, 4, 2] = Softmax(%1) {axis: -1}
    return %2 as "y"
  }`,
  pattern: op(["Softmax", "LogSoftmax"], [op("Transpose", [any("x")], { as: "transpose" })], {
    where: (n) => n.attrs.axis_end === undefined,
  }),
  replace: (m) => {
    const perm = permOf(m.node("transpose"));
    const axis = perm[(num(m.root, "axis", -1) + perm.length) % perm.length]!;
    return transpose(remake(m.root, [m.value("x")], { axis }), perm);
  },
};

/** Both resized axes must stay neighbours, in their order. */
const sinkResize: Rule = {
  name: "transpose-past-resize",
  example: `graph lowered "g" {
    %0: float32[1, 2, 3, 4] = Input
    %1: float32[1, 4, 2, 3] = Transpose(%0) {perm: [0, 3, 1, 2]}
    %2: int32[4] = Constant [0, 0, 1, 1]
    %3: int32[2] = Constant [0, 2]
    %4: float32[1, 4, 4, 2] = ResizeNearest(%1, %2, %3) {axis: 2}
    return %4 as "y"
  }`,
  pattern: op(["ResizeNearest", "Interpolate"], undefined, {
    where: (n) => n.inputs[0]!.node.op === "Transpose",
  }),
  replace: (m) => {
    const [x, ...tables] = m.root.inputs;
    const perm = permOf(m.inside(x!));
    const axis = num(m.root, "axis");
    const isPair = tables.length === (m.root.op === "Interpolate" ? 4 : 2);
    if (isPair && perm[axis + 1] !== perm[axis]! + 1) return undefined;
    const operands = [x!.node.inputs[0], ...tables];
    return transpose(remake(m.root, operands, { ...m.root.attrs, axis: perm[axis]! }), perm);
  },
};

/** Fully connected over a flattened image: the order of the weights follows the image's. */
const flattenTransposed: Rule = {
  name: "flatten-order-into-weights",
  example: `graph lowered "g" {
    %0: float32[1, 2, 3, 4] = Input
    %1: float32[1, 4, 2, 3] = Transpose(%0) {perm: [0, 3, 1, 2]}
    %2: int64[2] = Constant [1, 24]
    %3: float32[1, 24] = Reshape(%1, %2)
    %4: float32[5, 24] = Constant random 1
    %5: float32[1, 5] = FullyConnected(%3, %4)
    return %5 as "y"
  }`,
  pattern: op("FullyConnected", undefined, {
    where: (n) => isWeights(n.inputs[1]!) && isFlattened(n),
  }),
  replace: (m) => {
    const [flat, w, b] = m.root.inputs as [Value, Value, Value | undefined];
    const image = m.inside(flat).inputs[0]!;
    const perm = permOf(m.inside(image));
    const [filters, k] = w.type.shape as [number, number];
    const split = reshape(w, [filters, ...image.type.shape.slice(1)]);
    const moved = reshape(transpose(split, inverse(perm)), [filters, k]);
    const x = reshape(image.node.inputs[0]!, flat.type.shape);
    return remake(m.root, [x, moved, b]);
  },
};

function isFlattened(n: Node): boolean {
  const flat = n.inputs[0]!.node;
  const image = flat.op === "Reshape" ? flat.inputs[0]! : undefined;
  if (image?.node.op !== "Transpose" || permOf(image.node)[0] !== 0) return false;
  return image.type.shape[0] === flat.outputs[0]!.type.shape[0];
}

const convolutions = ["Conv2D", "ConvTranspose2D"];

const isToNhwc = (n: Node): boolean => n.op === "Transpose" && ints(n, "perm").join() === "0,2,3,1";

/** A convolution that reads planes takes the place of one behind a transposition. */
const planarInput: Rule = {
  name: "planar-input",
  example: `graph lowered "g" {
    %0: float32[1, 2, 5, 6] = Input
    %1: float32[1, 5, 6, 2] = Transpose(%0) {perm: [0, 2, 3, 1]}
    %2: float32[3, 3, 3, 2] = Constant random 1
    %3: float32[1, 3, 4, 3] = Conv2D(%1, %2)
    return %3 as "y"
  }`,
  pattern: op(convolutions, undefined, {
    where: (n) => str(n, "x_layout", "NHWC") === "NHWC" && isToNhwc(n.inputs[0]!.node),
  }),
  replace: (m) => {
    const [x, ...rest] = m.root.inputs;
    const operands = [m.inside(x!).inputs[0], ...rest];
    return remake(m.root, operands, { ...m.root.attrs, x_layout: "NCHW" });
  },
};

/** A pool of the network's own input works on planes; what follows takes the transposition. */
const planarPool: Rule = {
  name: "planar-pool",
  example: `graph lowered "g" {
    %0: float32[1, 2, 6, 6] = Input
    %1: float32[1, 6, 6, 2] = Transpose(%0) {perm: [0, 2, 3, 1]}
    %2: float32[1, 3, 3, 2] = MaxPool2D(%1) {kernel_shape: [2, 2], strides: [2, 2]}
    return %2 as "y"
  }`,
  pattern: op(["MaxPool2D", "AveragePool2D"], undefined, {
    where: (n) => {
      const from = n.inputs[0]!.node;
      return isToNhwc(from) && from.inputs[0]!.node.op === "Input" && !n.attrs.x_layout;
    },
  }),
  replace: (m) => {
    const x = m.inside(m.root.inputs[0]!).inputs[0]!;
    const y = remake(m.root, [x], { ...m.root.attrs, x_layout: "NCHW" });
    return transpose(y, [0, 2, 3, 1]);
  },
};

/** A convolution that writes planes, where nothing else wants its result otherwise. */
const planarOutput: Rule = {
  name: "planar-output",
  example: `graph lowered "g" {
    %0: float32[1, 5, 6, 2] = Input
    %1: float32[3, 3, 3, 2] = Constant random 1
    %2: float32[1, 3, 4, 3] = Conv2D(%0, %1)
    %3: float32[1, 3, 3, 4] = Transpose(%2) {perm: [0, 3, 1, 2]}
    return %3 as "y"
  }`,
  pattern: op("Transpose", [op(convolutions, undefined, { as: "conv", onlyUse: true })], {
    where: (n) => ints(n, "perm").join() === "0,3,1,2",
  }),
  replace: (m) => {
    const conv = m.node("conv");
    if (str(conv, "y_layout", "NHWC") !== "NHWC") return undefined;
    return remake(conv, conv.inputs, { ...conv.attrs, y_layout: "NCHW" });
  },
};

export const layoutRules: readonly Rule[] = [
  sinkUnary,
  sinkReshape,
  sinkBinary(0),
  sinkBinary(1),
  sinkReshapes,
  sinkConcat,
  sinkSlice,
  sinkPad,
  sinkReduce,
  sinkSoftmax,
  sinkResize,
  flattenTransposed,
];

/** For the edges, when everything else has settled. */
export const edgeRules: readonly Rule[] = [planarPool, planarInput, planarOutput];

/** Elementwise kernels on stored int8: sums, products, tables, changes of scale, softmax. */
import type { Node } from "../ir/graph.ts";
import type { ElementType, Shape, TensorType } from "../ir/types.ts";
import { additionFast, additionTflite, productFactor } from "../ops/binary.ts";
import { integerClamp } from "../ops/clamp.ts";
import type { Profile } from "../ops/numerics.ts";
import { softmaxParameters, softmaxSpan } from "../ops/softmax.ts";
import { lookupTable, unaryFunction, unaryOperators } from "../ops/unary.ts";
import { broadcastSteps, nestOf } from "./axes.ts";
import {
  type Binding,
  count,
  type Fields,
  hasTypes,
  inputType,
  type Kernel,
  oneInput,
  outputType,
  tableArray,
} from "./kernel.ts";
import { elementRows, noOrder } from "./order.ts";
import { literalRequantization } from "./requantization.ts";

/** One scale and zero point for all elements. */
const isPerTensor = ({ quant }: TensorType): boolean => quant?.scale.length === 1;

const scaleOf = ({ quant }: TensorType): number => quant!.scale[0]!;
const zeroOf = ({ quant }: TensorType): number => quant!.zeroPoint[0]!;
const parametersOf = (type: TensorType) => ({ scale: scaleOf(type), zeroPoint: zeroOf(type) });

/** Inputs and output of the given element types, all quantised with one scale each. */
const isStored = (node: Node, inputs: readonly ElementType[], output: ElementType): boolean =>
  hasTypes(node, inputs, output) &&
  inputs.every((_, i) => isPerTensor(inputType(node, i))) &&
  isPerTensor(outputType(node));

/** The C struct `mote_broadcast` of two operands. */
export function broadcastFields(a: Shape, b: Shape, y: Shape): Fields {
  const steps = [broadcastSteps(a, y), broadcastSteps(b, y)];
  const nest = nestOf({ sizes: y, steps }, 4);
  return { size: [...nest.sizes], a: [...nest.steps[0]!], b: [...nest.steps[1]!] };
}

const broadcastOf = (node: Node): Fields =>
  broadcastFields(inputType(node, 0).shape, inputType(node, 1).shape, outputType(node).shape);

/** Rescales of the operands and of their sum or difference. */
function additionFactors(node: Node, profile: Profile): Fields {
  const [a, b, y] = [inputType(node, 0), inputType(node, 1), outputType(node)];
  const sign = node.op === "Sub" ? -1 : 1;
  if (profile === "fast") {
    const { multiplierA, multiplierB, offset, shift } = additionFast(a, b, y, sign);
    const none = { tflite: 0, exponent_a: 0, exponent_b: 0, multiplier_y: 0, exponent_y: 0, sign };
    return { multiplier_a: multiplierA, multiplier_b: multiplierB, offset, shift, ...none };
  }
  const f = additionTflite(a, b, y);
  return {
    multiplier_a: f.a.multiplier,
    multiplier_b: f.b.multiplier,
    offset: 0,
    shift: 0,
    tflite: 1,
    exponent_a: f.a.exponent,
    exponent_b: f.b.exponent,
    multiplier_y: f.y.multiplier,
    exponent_y: f.y.exponent,
    sign,
  };
}

const add: Kernel = {
  name: "add_s8",
  header: "binary_s8.h",
  ops: ["Add", "Sub"],
  serves: (node) => isStored(node, ["int8", "int8"], "int8"),
  inPlace: [0, 1],
  rowsAtOnce: elementRows,
  cost: (node) => count(node) * 11,
  bind: (node, profile) => ({
    inputs: [0, 1],
    constants: [],
    takesRows: false,
    struct: "mote_add_s8_shape",
    shape: {
      broadcast: broadcastOf(node),
      ...additionFactors(node, profile),
      a_zero_point: zeroOf(inputType(node, 0)),
      b_zero_point: zeroOf(inputType(node, 1)),
      y_zero_point: zeroOf(outputType(node)),
      ...integerClamp(node.attrs, outputType(node)),
    },
  }),
};

const multiply: Kernel = {
  name: "mul_s8",
  header: "binary_s8.h",
  ops: ["Mul"],
  serves: (node) => isStored(node, ["int8", "int8"], "int8"),
  inPlace: [0, 1],
  rowsAtOnce: elementRows,
  cost: (node) => count(node) * 13,
  bind: (node, profile) => {
    const [a, b, y] = [inputType(node, 0), inputType(node, 1), outputType(node)];
    const shape = {
      broadcast: broadcastOf(node),
      a_zero_point: zeroOf(a),
      b_zero_point: zeroOf(b),
      ...literalRequantization(productFactor(a, b, y), y, node.attrs, profile),
    };
    return { inputs: [0, 1], constants: [], takesRows: false, struct: "mote_mul_s8_shape", shape };
  },
};

const lookup: Kernel = {
  name: "lookup_s8",
  header: "lookup_s8.h",
  ops: unaryOperators.map(({ name }) => name),
  serves: (node) => isStored(node, ["int8"], "int8"),
  inPlace: [0],
  rowsAtOnce: elementRows,
  cost: (node) => count(node) * 5,
  bind: (node): Binding => {
    const [x, y] = [parametersOf(inputType(node)), parametersOf(outputType(node))];
    const table = lookupTable(unaryFunction(node)!, x, y);
    const call = oneInput("mote_lookup_s8_shape", { count: count(node) });
    return { ...call, constants: [tableArray("table", "int8", table)] };
  },
};

const requantizeShape = (node: Node, profile: Profile): Fields => {
  const [x, y] = [inputType(node), outputType(node)];
  const factor = scaleOf(x) / scaleOf(y);
  const rest = literalRequantization(factor, y, node.attrs, profile);
  return { count: count(node), x_zero_point: zeroOf(x), ...rest };
};

const short = { int8: "s8", uint8: "u8" } as const;

const requantize = (from: "int8" | "uint8", to: "int8" | "uint8"): Kernel => ({
  name: `requantize_${short[from]}_${short[to]}`,
  header: "elementwise_s8.h",
  ops: ["Requantize", "Clamp"],
  serves: (node) => isStored(node, [from], to),
  inPlace: [0],
  rowsAtOnce: elementRows,
  cost: (node) => count(node) * 10,
  bind: (node, profile) => oneInput("mote_requantize_shape", requantizeShape(node, profile)),
});

const quantizeShape = (node: Node, stored: TensorType): Fields => ({
  count: count(node),
  scale: { float: scaleOf(stored) },
  zero_point: zeroOf(stored),
});

const quantize = (to: "int8" | "uint8"): Kernel => ({
  name: `quantize_f32_${short[to]}`,
  header: "elementwise_s8.h",
  ops: ["Quantize"],
  serves: (node) => hasTypes(node, ["float32"], to) && isPerTensor(outputType(node)),
  inPlace: [0],
  rowsAtOnce: elementRows,
  cost: (node) => count(node) * 40,
  bind: (node) => oneInput("mote_quantize_shape", quantizeShape(node, outputType(node))),
});

const dequantize = (from: "int8" | "uint8"): Kernel => ({
  name: `dequantize_${short[from]}_f32`,
  header: "elementwise_s8.h",
  ops: ["Dequantize"],
  serves: (node) => hasTypes(node, [from], "float32") && isPerTensor(inputType(node)),
  rowsAtOnce: elementRows,
  cost: (node) => count(node) * 10,
  bind: (node) => oneInput("mote_quantize_shape", quantizeShape(node, inputType(node))),
});

/** Where the axis lies within rows. */
export const softmaxRows = (node: Node): number =>
  softmaxSpan(outputType(node).shape, node.attrs).inner === 1 && outputType(node).shape.length > 1
    ? 1
    : noOrder;

const softmax: Kernel = {
  name: "softmax_s8",
  header: "softmax_s8.h",
  ops: ["Softmax"],
  serves: (node) => isStored(node, ["int8"], "int8"),
  inPlace: [0],
  rowsAtOnce: softmaxRows,
  cost: (node) => count(node) * 250,
  bind: (node) => {
    const { multiplier, leftShift, diffMin } = softmaxParameters(scaleOf(inputType(node)));
    return oneInput("mote_softmax_s8_shape", {
      ...softmaxSpan(outputType(node).shape, node.attrs),
      multiplier,
      left_shift: leftShift,
      diff_min: diffMin,
    });
  },
};

export const elementwiseKernels: readonly Kernel[] = [
  add,
  multiply,
  lookup,
  requantize("int8", "int8"),
  requantize("uint8", "int8"),
  requantize("int8", "uint8"),
  requantize("uint8", "uint8"),
  quantize("int8"),
  quantize("uint8"),
  dequantize("int8"),
  dequantize("uint8"),
  softmax,
];

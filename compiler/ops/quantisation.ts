/**
 * ONNX's quantised operators, and the lowered Quantize and Dequantize whose parameters are in
 * types.
 */
import { type Attrs, constant, constantOf, num } from "../ir/graph.ts";
import { newArray, numbers, type Tensor, tensorOf, withShape } from "../ir/tensor.ts";
import {
  type ElementType,
  elementCount,
  integerRange,
  type Quantization,
  type Shape,
  type TensorType,
} from "../ir/types.ts";
import { quantizeNumber } from "./numerics.ts";
import {
  type EvalContext,
  fail,
  type InferContext,
  normalAxis,
  type Operator,
  type RawNode,
} from "./operator.ts";
import { elementwiseRows } from "./rows.ts";
import { convolutionAttrs } from "./window.ts";

const storedTypes: readonly ElementType[] = ["int8", "uint8", "int16", "uint16", "int32"];

/** Which scale belongs to an element: one in all, or one for each index along an axis. */
function scaleIndex(shape: readonly number[], count: number, axis: number) {
  if (count === 1) return () => 0;
  const inner = elementCount(shape.slice(axis + 1));
  return (i: number) => Math.floor(i / inner) % count;
}

/** Scale and zero point operands as parameters; a zero or negative scale is an error. */
export function parametersOf(
  shape: readonly number[],
  scale: Tensor,
  zero: Tensor | undefined,
  attrs: Attrs,
): Quantization {
  const scales = Array.from(numbers(scale));
  const zeros = zero ? Array.from(numbers(zero)) : scales.map(() => 0);
  const bad = scales.find((s) => !(s > 0) || s === Infinity);
  if (bad !== undefined) fail(`the scale ${bad} is not a positive number`);
  if (num({ attrs }, "block_size") !== 0) fail("blocked quantisation is not supported");
  if (zeros.length !== scales.length)
    fail(`${scales.length} scales but ${zeros.length} zero points`);
  if (scales.length === 1) return { scale: scales, zeroPoint: zeros };
  const axis = normalAxis(num({ attrs }, "axis", 1), shape.length);
  if (shape[axis] !== scales.length)
    fail(`${scales.length} scales, but axis ${axis} has ${shape[axis]} elements`);
  return { scale: scales, zeroPoint: zeros, axis };
}

export function quantizeTensor(x: Tensor, elem: ElementType, q: Quantization): Tensor {
  const data = newArray(elem, x.data.length);
  const [from, range] = [numbers(x), integerRange(elem)];
  const at = scaleIndex(x.shape, q.scale.length, q.axis ?? 0);
  for (let i = 0; i < data.length; i++) {
    const c = at(i);
    data[i] = quantizeNumber(from[i]!, q.scale[c]!, q.zeroPoint[c]!, range);
  }
  return { elem, shape: x.shape, data };
}

export function dequantizeTensor(x: Tensor, q: Quantization): Tensor {
  const data = new Float32Array(x.data.length);
  const from = numbers(x);
  const at = scaleIndex(x.shape, q.scale.length, q.axis ?? 0);
  for (let i = 0; i < data.length; i++) {
    const c = at(i);
    data[i] = (from[i]! - q.zeroPoint[c]!) * q.scale[c]!;
  }
  return { elem: "float32", shape: x.shape, data };
}

/** QuantizeLinear and DequantizeLinear need their parameters while compiling. */
function constantParameters(context: InferContext, at = 1): Quantization {
  const scale = context.constant(at) ?? fail("the scale is computed at run time");
  const zero = context.inputs[at + 1];
  const zeroPoint = context.constant(at + 1);
  if (zero && !zeroPoint) fail("the zero point is computed at run time");
  return parametersOf(context.inputs[0]!.shape, scale, zeroPoint, context.attrs);
}

/** The stored type that a QuantizeLinear makes. */
export const quantizedElement = (inputs: readonly (TensorType | undefined)[]): ElementType =>
  inputs[2]?.elem ?? "uint8";

const qdqAttrs = {
  axis: "int",
  block_size: "int",
  output_dtype: "int",
  precision: "int",
  saturate: "int",
} as const;

const qdqDefaults: Attrs = { axis: 1, block_size: 0, output_dtype: 0, precision: 0, saturate: 1 };

/** One scale is a scalar of no axis; a zero point is always there. */
function canonicalParameters({ op, inputs, attrs }: RawNode): RawNode {
  const [x, scale, zero] = inputs;
  const [scales, zeros] = [constantOf(scale), constantOf(zero)];
  if (!x || !scales || (zero && !zeros)) return { op, inputs, attrs };
  const isOne = scales.data.length === 1;
  const shape = isOne ? [] : scales.shape;
  const elem = op === "QuantizeLinear" ? "uint8" : x.type.elem;
  const explicit =
    zeros ??
    tensorOf(
      elem,
      shape,
      Array.from(numbers(scales), () => 0),
    );
  const { axis, ...others } = attrs;
  const parameters = [scales, explicit].map((t, i) =>
    constant(isOne && t.data.length === 1 ? withShape(t, []) : t, inputs[i + 1]?.name),
  );
  return { op, inputs: [x, ...parameters], attrs: isOne ? others : attrs };
}

const quantizeLinear: Operator = {
  name: "QuantizeLinear",
  level: "imported",
  inputs: ["x: T", "y_scale: S", "y_zero_point?: Z"],
  outputs: 1,
  attrs: qdqAttrs,
  defaults: qdqDefaults,
  types: { T: ["float32", "float16"], S: ["float32", "float16"], Z: storedTypes },
  upgrade: canonicalParameters,
  infer: (context) => {
    const quant = constantParameters(context);
    return [{ elem: quantizedElement(context.inputs), shape: context.inputs[0]!.shape, quant }];
  },
  evaluate: ({ inputs: [x, scale, zero], attrs, types }) => [
    quantizeTensor(x!, types[0]!.elem, parametersOf(x!.shape, scale!, zero, attrs)),
  ],
};

const dequantizeLinear: Operator = {
  name: "DequantizeLinear",
  level: "imported",
  inputs: ["x: T", "x_scale: S", "x_zero_point?: T"],
  outputs: 1,
  attrs: qdqAttrs,
  defaults: qdqDefaults,
  types: { T: storedTypes, S: ["float32", "float16"] },
  upgrade: canonicalParameters,
  infer: (context) => {
    constantParameters(context);
    return [{ elem: context.inputs[1]!.elem, shape: context.inputs[0]!.shape }];
  },
  evaluate: ({ inputs: [x, scale, zero], attrs }) => [
    dequantizeTensor(x!, parametersOf(x!.shape, scale!, zero, attrs)),
  ],
};

const sameShape: Operator["infer"] = ({ inputs }) => [
  { elem: inputs[0]!.elem, shape: inputs[0]!.shape },
];

/** Float to the quantised type of the output. */
const quantize: Operator = {
  name: "Quantize",
  level: "lowered",
  inputs: ["X: T"],
  outputs: 1,
  attrs: {},
  infer: sameShape,
  evaluate: ({ inputs: [x], types }) => [quantizeTensor(x!, types[0]!.elem, types[0]!.quant!)],
  rows: elementwiseRows,
};

/** The quantised type of the input to float. */
const dequantize: Operator = {
  name: "Dequantize",
  level: "lowered",
  inputs: ["X: T"],
  outputs: 1,
  attrs: {},
  infer: ({ inputs }) => [{ elem: "float32", shape: inputs[0]!.shape }],
  evaluate: ({ inputs: [x], inputTypes }) => [dequantizeTensor(x!, inputTypes[0]!.quant!)],
  rows: elementwiseRows,
};

/** Stored integers read with other parameters: the same bits under another type. */
const storageCast: Operator = {
  name: "StorageCast",
  level: "lowered",
  inputs: ["X: T"],
  outputs: 1,
  attrs: {},
  infer: sameShape,
  evaluate: ({ inputs: [x] }) => [x!],
};

/** Dequantises operands, runs the float operator, quantises its result. */
export interface QLinear {
  /** The float operator behind it. */
  readonly op: string;
  /** First input of each (tensor, scale, zero point) triple. */
  readonly operands: readonly number[];
  /** Inputs of the result's scale and zero point; none for an integer result. */
  readonly result?: readonly [number, number];
  readonly bias?: number;
  readonly domain?: string;
}

export const qlinear: Readonly<Record<string, QLinear>> = {
  QLinearConv: { op: "Conv", operands: [0, 3], result: [6, 7], bias: 8 },
  QLinearMatMul: { op: "MatMul", operands: [0, 3], result: [6, 7] },
};

/** ConvInteger and MatMulInteger: zero points only, an int32 result. */
export const integerProducts: Readonly<Record<string, string>> = {
  ConvInteger: "Conv",
  MatMulInteger: "MatMul",
};

const float = (t: TensorType): TensorType => ({ elem: "float32", shape: t.shape });

type Lookup = (name: string) => Operator;

/**
 * The operators over others: they are looked up when they are used, since tables may be circular.
 */
export function quantisedProducts(operator: Lookup): Operator[] {
  return [
    ...Object.entries(qlinear).map(([name, form]) => qlinearOperator(name, form, operator)),
    ...Object.entries(integerProducts).map(([name, op]) => integerProduct(name, op, operator)),
  ];
}

function qlinearOperator(name: string, form: QLinear, operator: Lookup): Operator {
  const isConv = form.op === "Conv";
  const pick = <T>(all: readonly (T | undefined)[]) => form.operands.map((i) => all[i]!);
  const axis = (i: number): Attrs => ({ axis: isConv && i > 0 ? 0 : -1 });
  const dequantized = ({ inputs }: EvalContext) =>
    form.operands.map((at, i) => {
      const [x, scale, zero] = inputs.slice(at, at + 3) as Tensor[];
      return dequantizeTensor(x!, parametersOf(x!.shape, scale!, zero, axis(i)));
    });
  return {
    name,
    level: "imported",
    inputs: [
      ...["x: T1", "x_scale: S", "x_zero_point: T1", "w: T2", "w_scale: S", "w_zero_point: T2"],
      ...["y_scale: S", "y_zero_point: T3"],
      ...(isConv ? ["B?: B"] : []),
    ],
    outputs: 1,
    attrs: isConv ? convolutionAttrs : {},
    types: { T1: ["int8", "uint8"], T2: ["int8", "uint8"], T3: ["int8", "uint8"], B: ["int32"] },
    infer: (context) => {
      for (const [i, at] of form.operands.entries()) {
        const inputs = context.inputs.slice(at, at + 3);
        const constant = (k: number) => context.constant(at + k);
        constantParameters({ ...context, inputs, constant, attrs: axis(i) });
      }
      if (!context.constant(6) || !context.constant(7))
        fail("the result's scale or zero point is computed at run time");
      const inputs = pick(context.inputs).map(float);
      const [type] = operator(form.op).infer({ ...context, inputs });
      const quant = parametersOf(type!.shape, context.constant(6)!, context.constant(7), {});
      return [{ elem: context.inputs[7]!.elem, shape: type!.shape, quant }];
    },
    evaluate: (context) => {
      const operands = dequantized(context);
      const scales = numbers(context.inputs[4]!);
      const product = numbers(context.inputs[1]!)[0]!;
      const bias = context.inputs[8] && numbers(context.inputs[8]);
      const real =
        bias && Float32Array.from(bias, (b, i) => b * product * (scales[i] ?? scales[0]!));
      const b: Tensor | undefined = real && { elem: "float32", shape: [real.length], data: real };
      const [y] = operator(form.op).evaluate({
        ...context,
        inputs: [...operands, b],
        types: [float(context.types[0]!)],
      });
      const q = parametersOf(y!.shape, context.inputs[6]!, context.inputs[7], {});
      return [quantizeTensor(y!, context.types[0]!.elem, q)];
    },
  };
}

/**
 * A zero point for each filter of a convolution, each row of a product's left operand, each column
 * of its right one; a single one for the whole operand has no axis.
 */
export function unitQuantization(
  op: string,
  operand: number,
  shape: Shape,
  zero: Tensor | undefined,
): Quantization {
  const zeros = zero ? Array.from(numbers(zero)) : [0];
  const ones: Tensor = { elem: "float32", shape: [], data: Float32Array.from(zeros, () => 1) };
  const axis = integerProducts[op] === "Conv" ? 0 : operand === 0 ? -2 : -1;
  return parametersOf(shape, ones, zero, { axis });
}

const withoutZero = (op: string, operand: number, x: Tensor, zero: Tensor | undefined): Tensor =>
  dequantizeTensor(x, unitQuantization(op, operand, x.shape, zero));

function integerProduct(name: string, op: string, operator: Lookup): Operator {
  return {
    name,
    level: "imported",
    inputs: ["x: T1", "w: T2", "x_zero_point?: T1", "w_zero_point?: T2"],
    outputs: 1,
    attrs: op === "Conv" ? convolutionAttrs : {},
    types: { T1: ["int8", "uint8"], T2: ["int8", "uint8"] },
    infer: (context) => {
      const inputs = context.inputs.slice(0, 2).map((t) => float(t!));
      for (const i of [0, 1]) unitQuantization(name, i, inputs[i]!.shape, context.constant(i + 2));
      const [type] = operator(op).infer({ ...context, inputs });
      return [{ elem: "int32", shape: type!.shape }];
    },
    evaluate: (context) => {
      const [x, w, zx, zw] = context.inputs;
      const inputs = [withoutZero(name, 0, x!, zx), withoutZero(name, 1, w!, zw)];
      const types = [float(context.types[0]!)];
      const [y] = operator(op).evaluate({ ...context, inputs, types });
      return [{ elem: "int32", shape: y!.shape, data: Int32Array.from(numbers(y!)) }];
    },
  };
}

export const quantisationOperators: readonly Operator[] = [
  quantizeLinear,
  dequantizeLinear,
  quantize,
  dequantize,
  storageCast,
];

/** Operators on stored integers that stand for a float one: ONNX's QLinear* and *Integer. */
import { type Attrs, constant } from "../ir/graph.ts";
import { numbers, scalar, type Tensor, tensorOf } from "../ir/tensor.ts";
import { elementCount, type Quantization, type Shape, type TensorType } from "../ir/types.ts";
import { broadcastIndex } from "./binary.ts";
import { fail, type Operator, type RawNode } from "./operator.ts";
import {
  checkParameters,
  dequantizeLinearly,
  knownParameters,
  parametersOf,
  quantizeLinearly,
  scaleLayout,
} from "./quantisation.ts";
import { convolutionAttrs } from "./window.ts";

/** Dequantises operands, runs the float operator, quantises its result. */
export interface QLinear {
  /** The float operator behind it. */
  readonly op: string;
  /** First input of each (tensor, scale, zero point) triple, and the axis of several scales. */
  readonly operands: readonly { readonly at: number; readonly axis: number }[];
  /** The axis of several scales of the result. */
  readonly axis: number;
  readonly bias?: number;
}

export const qlinear: Readonly<Record<string, QLinear>> = {
  QLinearConv: {
    op: "Conv",
    operands: [
      { at: 0, axis: 1 },
      { at: 3, axis: 0 },
    ],
    axis: 1,
    bias: 8,
  },
  QLinearMatMul: {
    op: "MatMul",
    operands: [
      { at: 0, axis: -2 },
      { at: 3, axis: -1 },
    ],
    axis: -2,
  },
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

/** The bias of a convolution, whose scale is that of the products. */
function realBias(inputs: readonly (Tensor | undefined)[], at: number): Tensor | undefined {
  const bias = inputs[at] && numbers(inputs[at]);
  if (!bias) return undefined;
  const [product, scales] = [numbers(inputs[1]!)[0]!, numbers(inputs[4]!)];
  const real = Array.from(bias, (b, i) => b * product * (scales[i] ?? scales[0]!));
  return tensorOf("float32", [real.length], real);
}

function qlinearOperator(name: string, form: QLinear, operator: Lookup): Operator {
  const isConv = form.op === "Conv";
  const result: Attrs = { axis: form.axis };
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
    types: {
      T1: ["int8", "uint8"],
      T2: ["int8", "uint8"],
      T3: ["int8", "uint8"],
      B: ["int32"],
      S: ["float32", "float16"],
    },
    infer: (context) => {
      const { inputs } = context;
      for (const at of [...form.operands.map((o) => o.at + 1), 6]) checkParameters(context, at);
      for (const { at, axis } of form.operands)
        scaleLayout(inputs[at]!.shape, inputs[at + 1]!.shape, { axis });
      const bias = form.bias ? inputs[form.bias] : undefined;
      const own = [...form.operands.map(({ at }) => inputs[at]!), bias].map((t) => t && float(t));
      const [type] = operator(form.op).infer({ ...context, inputs: own });
      const { shape } = type!;
      scaleLayout(shape, inputs[6]!.shape, result);
      const y = { inputs: [type, ...inputs.slice(6, 8)], attrs: result, outputCount: 1 };
      const quant = knownParameters({ ...y, constant: (i) => context.constant(i + 5) });
      return [{ elem: inputs[7]!.elem, shape, quant }];
    },
    evaluate: (context) => {
      const { inputs, types } = context;
      const operands: (Tensor | undefined)[] = form.operands.map(({ at, axis }) =>
        dequantizeLinearly(inputs.slice(at, at + 3), { axis }, "float32"),
      );
      if (form.bias) operands.push(realBias(inputs, form.bias));
      const [y] = operator(form.op).evaluate({
        ...context,
        inputs: operands,
        types: [float(types[0]!)],
      });
      return [quantizeLinearly([y, inputs[6], inputs[7]], result, types[0]!.elem)];
    },
  };
}

/**
 * The shape by which zero points broadcast to their operand: one for all, for each filter of a
 * convolution, for each row of a product's left operand or for each column of its right one.
 */
export function zeroShape(op: string, operand: number, shape: Shape, zero: Shape): Shape {
  if (elementCount(zero) === 1) return [];
  const isConv = integerProducts[op] === "Conv";
  const shared = operand === 0 ? shape.length - 1 : shape.length - 2;
  const full = shape.map((d, i) => ((isConv ? i > 0 : i === shared) ? 1 : d));
  const fitting = isConv || zero.length > 1 ? full : full.slice(-2);
  const fits = zero.length > 1 && !isConv ? zero.join() === full.join() : isList(zero, fitting);
  if (!fits || (isConv ? operand === 0 : shape.length < 2))
    fail(`zero points of shape [${zero}] do not fit an operand of shape [${shape}]`);
  return fitting;
}

const isList = (zero: Shape, fitting: Shape): boolean =>
  zero.length === 1 && zero[0] === elementCount(fitting);

/** The same as the quantisation of a type, with scales of 1, where it has at most one axis. */
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

/** The operand less its zero points, as numbers that products of are exact. */
function withoutZero(op: string, operand: number, x: Tensor, zero: Tensor): Tensor {
  const at = broadcastIndex(zeroShape(op, operand, x.shape, zero.shape), x.shape);
  const [xs, zeros] = [numbers(x), numbers(zero)];
  return {
    elem: "float64",
    shape: x.shape,
    data: Float64Array.from(xs, (v, i) => v - zeros[at[i]!]!),
  };
}

/** Zero points are always there. */
const withZeros = (node: RawNode): RawNode => ({
  ...node,
  inputs: [0, 1, 2, 3].map((i) => {
    const operand = node.inputs[i - 2];
    return node.inputs[i] ?? (operand && constant(scalar(operand.type.elem, 0)));
  }),
});

function integerProduct(name: string, op: string, operator: Lookup): Operator {
  return {
    name,
    level: "any",
    inputs: ["x: T1", "w: T2", "x_zero_point?: T1", "w_zero_point?: T2"],
    outputs: 1,
    attrs: op === "Conv" ? convolutionAttrs : {},
    types: { T1: ["int8", "uint8"], T2: ["int8", "uint8"] },
    upgrade: withZeros,
    infer: (context) => {
      const inputs = context.inputs.slice(0, 2).map((t) => float(t!));
      for (const i of [0, 1])
        zeroShape(name, i, inputs[i]!.shape, context.inputs[i + 2]?.shape ?? []);
      const [type] = operator(op).infer({ ...context, inputs });
      return [{ elem: "int32", shape: type!.shape }];
    },
    evaluate: (context) => {
      const operands = context.inputs.slice(0, 2).map((x, i) => {
        const zero = context.inputs[i + 2] ?? scalar(x!.elem, 0);
        return withoutZero(name, i, x!, zero);
      });
      const { shape } = context.types[0]!;
      const types = [{ elem: "float64", shape } as const];
      const [y] = operator(op).evaluate({ ...context, inputs: operands, types });
      return [tensorOf("int32", shape, numbers(y!))];
    },
    macs: (node) => operator(op).macs!(node),
  };
}

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
} from "../ir/types.ts";
import { clamp, quantizeNumber, roundHalfEven } from "./numerics.ts";
import { fail, type InferContext, normalAxis, type Operator, type RawNode } from "./operator.ts";
import { elementwiseRows } from "./rows.ts";
import { elementTypeOf } from "./typing.ts";

const storedTypes: readonly ElementType[] = [
  ...(["int8", "uint8", "int16", "uint16", "int32"] as const),
  ...(["int4", "uint4", "int2", "uint2"] as const),
];

/** Which scale belongs to an element: one in all, or one for each index along an axis. */
function scaleIndex(shape: readonly number[], count: number, axis: number) {
  if (count === 1) return () => 0;
  const inner = elementCount(shape.slice(axis + 1));
  return (i: number) => Math.floor(i / inner) % count;
}

function checkPositive(scales: ArrayLike<number>): void {
  const bad = Array.from(scales).find((s) => !(s > 0) || s === Infinity);
  if (bad !== undefined) fail(`the scale ${bad} is not a positive number`);
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
  checkPositive(scales);
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

/** Scale and zero point of the operand before them, where they are known and belong to a type. */
export function knownParameters(context: InferContext, at = 1): Quantization | undefined {
  const [scale, zero] = [context.constant(at), context.constant(at + 1)];
  if (!scale || (context.inputs[at + 1] && !zero)) return undefined;
  return parametersOf(context.inputs[at - 1]!.shape, scale, zero, context.attrs);
}

/** Which scale belongs to an element of [outer][size][inner]: the sum of its steps. */
export interface ScaleLayout {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  /** Elements along the axis that share a scale. */
  readonly block: number;
  readonly scaleOuter: number;
  readonly scaleAxis: number;
  readonly scaleInner: number;
}

/** One scale for all, one for each index along an axis, or one for each block of them. */
export function scaleLayout(shape: Shape, scale: Shape, attrs: Attrs): ScaleLayout {
  const count = elementCount(shape);
  const none = { block: 1, scaleOuter: 0, scaleAxis: 0, scaleInner: 0 };
  if (scale.length === 0 || (scale.length === 1 && scale[0] === 1))
    return { outer: 1, size: 1, inner: count, ...none };
  const axis = normalAxis(num({ attrs }, "axis", 1), shape.length);
  const size = shape[axis]!;
  const [outer, inner] = [shape.slice(0, axis), shape.slice(axis + 1)].map(elementCount);
  const sizes = { outer: outer!, size, inner: inner! };
  const block = num({ attrs }, "block_size");
  if (block > 0) {
    const blocks = Math.ceil(size / block);
    if (shape.with(axis, blocks).join() !== scale.join())
      fail(`blocks of ${block} along axis ${axis} of [${shape}] do not have scales [${scale}]`);
    return { ...sizes, block, scaleOuter: blocks * inner!, scaleAxis: inner!, scaleInner: 1 };
  }
  if (scale.length !== 1) fail(`scales of shape [${scale}] belong to no axis of [${shape}]`);
  if (scale[0] !== size) fail(`${scale[0]} scales, but axis ${axis} has ${size} elements`);
  return { ...sizes, ...none, scaleAxis: 1 };
}

/** The index of each element's scale. */
export function scaleIndices(l: ScaleLayout): Int32Array {
  const at = new Int32Array(l.outer * l.size * l.inner);
  let to = 0;
  for (let o = 0; o < l.outer; o++)
    for (let a = 0; a < l.size; a++) {
      const from = o * l.scaleOuter + Math.floor(a / l.block) * l.scaleAxis;
      for (let i = 0; i < l.inner; i++) at[to++] = from + i * l.scaleInner;
    }
  return at;
}

type Operands = readonly (Tensor | undefined)[];

/** Calls `each` with an element's index, its scale and its zero point. */
function eachScaled(
  [x, scale, zero]: Operands,
  attrs: Attrs,
  each: (i: number, scale: number, zero: number) => void,
): void {
  const at = scaleIndices(scaleLayout(x!.shape, scale!.shape, attrs));
  const [scales, zeros] = [numbers(scale!), zero && numbers(zero)];
  for (let i = 0; i < at.length; i++) each(i, scales[at[i]!]!, zeros?.[at[i]!] ?? 0);
}

/** ONNX's QuantizeLinear of (x, scale, zero point). */
export function quantizeLinearly(operands: Operands, attrs: Attrs, elem: ElementType): Tensor {
  const [x] = operands;
  const [data, from, range] = [newArray(elem, x!.data.length), numbers(x!), integerRange(elem)];
  eachScaled(operands, attrs, (i, scale, zero) => {
    data[i] = quantizeNumber(from[i]!, scale, zero, range);
  });
  return { elem, shape: x!.shape, data };
}

/** ONNX's DequantizeLinear of (x, scale, zero point). */
export function dequantizeLinearly(operands: Operands, attrs: Attrs, elem: ElementType): Tensor {
  const [x] = operands;
  const [data, from] = [newArray(elem, x!.data.length), numbers(x!)];
  eachScaled(operands, attrs, (i, scale, zero) => {
    data[i] = (from[i]! - zero) * scale;
  });
  return { elem, shape: x!.shape, data };
}

/** The stored type that a QuantizeLinear makes. */
export function quantizedElement(zero: ElementType | undefined, attrs: Attrs): ElementType {
  const code = num({ attrs }, "output_dtype");
  const given = code === 0 ? undefined : elementTypeOf(code);
  if (code !== 0 && !given) fail(`ONNX type ${code} is not supported`);
  if (zero && given && zero !== given) fail(`the zero point is ${zero}, 'output_dtype' ${given}`);
  return zero ?? given ?? "uint8";
}

/** Scales that are known are positive, and there are as many zero points as scales. */
export function checkParameters({ inputs, constant }: InferContext, at = 1): void {
  const [scale, zero] = [inputs[at]!, inputs[at + 1]];
  const known = constant(at);
  if (known) checkPositive(numbers(known));
  if (zero && elementCount(zero.shape) !== elementCount(scale.shape))
    fail(`${elementCount(scale.shape)} scales but ${elementCount(zero.shape)} zero points`);
}

const qdqAttrs = {
  axis: "int",
  block_size: "int",
  output_dtype: "int",
  precision: "int",
  saturate: "flag",
} as const;

const qdqDefaults: Attrs = { axis: 1, block_size: 0, output_dtype: 0, precision: 0, saturate: 1 };

/** One scale is a scalar of no axis; a zero point is always there and says the stored type. */
function canonicalParameters({ op, inputs, attrs }: RawNode): RawNode {
  const [x, scale, zero] = inputs;
  if (!x || !scale) return { op, inputs, attrs };
  const isOne = elementCount(scale.type.shape) === 1;
  const { output_dtype, ...own } = attrs;
  const { axis, ...others } = own;
  const isStoring = op === "QuantizeLinear";
  const elem = isStoring ? quantizedElement(zero?.type.elem, attrs) : x.type.elem;
  const shape = isOne ? [] : scale.type.shape;
  const none = constant({ elem, shape, data: newArray(elem, elementCount(shape)) });
  const parameters = [scale, zero ?? none].map((v) => {
    const tensor = constantOf(v);
    return isOne && tensor?.data.length === 1 ? constant(withShape(tensor, []), v.name) : v;
  });
  const kept = isOne ? others : own;
  const dtype = !isStoring && output_dtype !== undefined ? { output_dtype } : {};
  return { op, inputs: [x, ...parameters], attrs: { ...kept, ...dtype } };
}

/** Stored integers; where its parameters are known and it has no blocks, they are in the type. */
const quantizeLinear: Operator = {
  name: "QuantizeLinear",
  level: "any",
  inputs: ["x: T", "y_scale: S", "y_zero_point?: Z"],
  outputs: 1,
  attrs: qdqAttrs,
  defaults: qdqDefaults,
  types: { T: ["float32", "float16", "int32"], S: ["float32", "float16"], Z: storedTypes },
  upgrade: canonicalParameters,
  infer: (context) => {
    const { inputs, attrs } = context;
    const { shape } = inputs[0]!;
    checkParameters(context);
    scaleLayout(shape, inputs[1]!.shape, attrs);
    const quant = num({ attrs }, "block_size") === 0 ? knownParameters(context) : undefined;
    return [{ elem: quantizedElement(inputs[2]?.elem, attrs), shape, quant }];
  },
  evaluate: ({ inputs, attrs, types }) => [quantizeLinearly(inputs, attrs, types[0]!.elem)],
};

const dequantizeLinear: Operator = {
  name: "DequantizeLinear",
  level: "any",
  inputs: ["x: T", "x_scale: S", "x_zero_point?: T"],
  outputs: 1,
  attrs: qdqAttrs,
  defaults: qdqDefaults,
  types: { T: storedTypes, S: ["float32", "float16"] },
  upgrade: canonicalParameters,
  infer: (context) => {
    const { inputs, attrs } = context;
    const { shape } = inputs[0]!;
    checkParameters(context);
    scaleLayout(shape, inputs[1]!.shape, attrs);
    if (num({ attrs }, "block_size") === 0) knownParameters(context);
    const elem = elementTypeOf(num({ attrs }, "output_dtype")) ?? inputs[1]!.elem;
    return [{ elem, shape }];
  },
  evaluate: ({ inputs, attrs, types }) => [dequantizeLinearly(inputs, attrs, types[0]!.elem)],
};

/** uint8 by the range of the very input, 0 included; its scale and zero point are outputs. */
const dynamicQuantizeLinear: Operator = {
  name: "DynamicQuantizeLinear",
  level: "imported",
  inputs: ["x: T"],
  outputs: 3,
  attrs: {},
  types: { T: ["float32"] },
  infer: ({ inputs }) => [
    { elem: "uint8", shape: inputs[0]!.shape },
    { elem: "float32", shape: [] },
    { elem: "uint8", shape: [] },
  ],
  evaluate: ({ inputs: [x] }) => {
    let [low, high] = [0, 0];
    for (const v of x!.data as Float32Array) [low, high] = [Math.min(low, v), Math.max(high, v)];
    const scale = tensorOf("float32", [], [Math.fround(high - low) / 255]);
    const zero = roundHalfEven(clamp(-Math.fround(low / Number(scale.data[0])), 0, 255));
    const operands = [x, scale, tensorOf("uint8", [], [zero])];
    return [quantizeLinearly(operands, {}, "uint8"), ...operands.slice(1)] as Tensor[];
  },
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

export const quantisationOperators: readonly Operator[] = [
  quantizeLinear,
  dequantizeLinear,
  dynamicQuantizeLinear,
  quantize,
  dequantize,
  storageCast,
];

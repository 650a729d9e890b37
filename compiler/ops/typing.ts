/** Operators on types and shapes: Cast, Shape, ConstantOfShape. */
import { type Attrs, num } from "../ir/graph.ts";
import { toHalf } from "../ir/half.ts";
import {
  isBig,
  newArray,
  numbers,
  type Tensor,
  tensorBytes,
  tensorFromBytes,
} from "../ir/tensor.ts";
import {
  type ElementType,
  elementBytes,
  elementCount,
  integerRange,
  isFloat,
} from "../ir/types.ts";
import { constantInts, declaredAsInput, indexTypes } from "./move.ts";
import { fail, type Operator } from "./operator.ts";

/** Of e8m0 floats, which mote does not have. */
const roundModes = ["up", "down", "nearest"] as const;

const onnxTypes: Record<number, ElementType> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  9: "bool",
  10: "float16",
  11: "float64",
  12: "uint32",
  13: "uint64",
  21: "uint4",
  22: "int4",
  25: "uint2",
  26: "int2",
};

/** ONNX's number for an element type, or nothing for types that mote does not have. */
export const elementTypeOf = (code: number): ElementType | undefined => onnxTypes[code];

/** ONNX's number for an element type. */
export const onnxCode = (elem: ElementType): number =>
  Number(Object.keys(onnxTypes).find((code) => onnxTypes[Number(code)] === elem));

/** A whole number in the type's range; NaN is the lowest. Types of less than 8 bits wrap. */
function saturated(x: number, elem: ElementType): number {
  if (isNarrow(elem)) return narrow(saturated(x, "int32"), elem);
  const [low, high] = integerRange(elem);
  return x > low ? Math.min(Math.trunc(x), high) : low;
}

/** The lower bits of a number of up to 32, as a type of less than 8 bits has them. */
function narrow(x: number, elem: ElementType): number {
  const [low, high] = integerRange(elem);
  return ((x - low) & (high - low)) + low;
}

const isNarrow = (elem: ElementType): boolean => /int[24]$/.test(elem);

/** Integers wrap, as two's complement does. */
function wrapped(x: Tensor, elem: ElementType): Tensor {
  const data = newArray(elem, x.data.length);
  const kept = isNarrow(elem) ? (v: number) => narrow(v, elem) : (v: number) => v;
  for (let i = 0; i < data.length; i++) {
    const v = x.data[i]!;
    if (elem === "bool") data[i] = Number(v !== 0 && v !== 0n);
    else if (isBig(data)) data[i] = BigInt(v);
    else data[i] = kept(typeof v === "bigint" ? Number(BigInt.asIntN(32, v)) : v);
  }
  return { elem, shape: x.shape, data };
}

const rounding: Partial<Record<ElementType, (x: number) => number>> = {
  float16: toHalf,
  bool: (x) => Number(x !== 0),
};

/** @returns x as ONNX's Cast gives it: floats to integers lose their fraction and saturate. */
export function convert(x: Tensor, elem: ElementType): Tensor {
  if (!isFloat(x.elem) && !isFloat(elem)) return wrapped(x, elem);
  const data = newArray(elem, x.data.length);
  const from = numbers(x);
  const to = rounding[elem] ?? (isFloat(elem) ? (v: number) => v : (v) => saturated(v, elem));
  const top = 2 ** (elem === "int64" ? 63 : 64);
  for (let i = 0; i < data.length; i++) {
    const v = to(from[i]!);
    if (isBig(data)) data[i] = v >= top ? BigInt(top) - 1n : BigInt(v);
    else data[i] = v;
  }
  return { elem, shape: x.shape, data };
}

const cast: Operator = {
  name: "Cast",
  level: "any",
  inputs: ["input: T"],
  outputs: 1,
  attrs: { to: "int", saturate: "flag", round_mode: roundModes },
  infer: ({ inputs: [x], attrs }) => {
    const to = num({ attrs }, "to");
    const elem = elementTypeOf(to) ?? fail(`ONNX type ${to} is not supported`);
    return [{ elem, shape: x!.shape }];
  },
  evaluate: ({ inputs: [x], types }) => [convert(x!, types[0]!.elem)],
};

/** The same bits as another type of as many. */
const bitCast: Operator = {
  name: "BitCast",
  level: "any",
  inputs: ["input: T"],
  outputs: 1,
  attrs: { to: "int" },
  infer: ({ inputs: [x], attrs }) => {
    const to = num({ attrs }, "to");
    const elem = elementTypeOf(to) ?? fail(`ONNX type ${to} is not supported`);
    const [from, bits] = [x!.elem, elem].map((e) => (isNarrow(e) ? 0 : elementBytes(e) * 8));
    if (from !== bits || from === 0) fail(`${x!.elem} has not as many bits as ${elem}`);
    return [{ elem, shape: x!.shape }];
  },
  evaluate: ({ inputs: [x], types }) => [
    tensorFromBytes(types[0]!.elem, x!.shape, tensorBytes(x!)),
  ],
};

const castLike: Operator = {
  name: "CastLike",
  level: "imported",
  inputs: ["input: T", "target_type: U"],
  outputs: 1,
  attrs: { saturate: "flag", round_mode: roundModes },
  infer: ({ inputs: [x, target] }) => [{ elem: target!.elem, shape: x!.shape }],
  evaluate: ({ inputs: [x], types }) => [convert(x!, types[0]!.elem)],
};

const shapeOperator: Operator = {
  name: "Shape",
  level: "imported",
  inputs: ["data: T"],
  outputs: 1,
  attrs: { start: "int", end: "int" },
  ofTypes: true,
  infer: ({ inputs: [x], attrs }) => {
    const rank = x!.shape.length;
    return [{ elem: "int64", shape: [shapeRange(attrs, rank).length] }];
  },
  evaluate: ({ inputTypes: [x], attrs, types }) => {
    const picked = shapeRange(attrs, x!.shape.length).map((i) => BigInt(x!.shape[i]!));
    return [{ elem: "int64", shape: types[0]!.shape, data: BigInt64Array.from(picked) }];
  },
};

function shapeRange(attrs: Attrs, rank: number): number[] {
  const at = (name: string, absent: number) => {
    const given = num({ attrs }, name, absent);
    return Math.min(rank, Math.max(0, given < 0 ? given + rank : given));
  };
  return Array.from({ length: rank }, (_, i) => i).slice(at("start", 0), at("end", rank));
}

const constantOfShape: Operator = {
  name: "ConstantOfShape",
  level: "imported",
  inputs: ["input: I"],
  outputs: 1,
  attrs: { value: "tensor" },
  types: indexTypes,
  declares: declaredAsInput(0),
  infer: (context) => {
    const value = context.attrs.value as Tensor | undefined;
    return [{ elem: value?.elem ?? "float32", shape: constantInts(context, 0, "input") }];
  },
  evaluate: ({ attrs, types }) => {
    const { elem, shape } = types[0]!;
    const data = newArray(elem, elementCount(shape));
    const value = attrs.value as Tensor | undefined;
    if (value) data.fill(value.data[0] as never);
    return [{ elem, shape, data }];
  },
};

export const typingOperators: readonly Operator[] = [
  cast,
  bitCast,
  castLike,
  shapeOperator,
  constantOfShape,
];

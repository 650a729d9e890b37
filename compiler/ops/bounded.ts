/**
 * Operators whose results are as long as the values say. Lengths are those that the model declares,
 * or else the largest that are possible; what is longer than the result is 0.
 */
import { type Attrs, num } from "../ir/graph.ts";
import { newArray, numbers, type Tensor } from "../ir/tensor.ts";
import { elementCount, type Shape, type TensorType } from "../ir/types.ts";
import type { Element } from "./accumulate.ts";
import { type AxisSpan, axisSpan } from "./axes.ts";
import { declaredAttr, declaredShape, fail, type InferContext, type Operator } from "./operator.ts";

/** The length of an axis: declared, exact where the values are known, or the most possible. */
function boundedLength(
  context: InferContext,
  axis: number,
  exact: number | undefined,
  most: number,
) {
  const length = declaredShape(context)?.[axis] ?? exact ?? most;
  if (length > most) fail(`${length} is declared, but no more than ${most} are possible`);
  return length;
}

/** Without an axis all elements are in one. */
export const spanOrFlat = (shape: Shape, attrs: Attrs): AxisSpan =>
  attrs.axis === undefined
    ? { outer: 1, size: elementCount(shape), inner: 1 }
    : axisSpan(shape, num({ attrs }, "axis"));

/** The shape with another length of the axis, or without an axis that length alone. */
const withLength = (shape: Shape, attrs: Attrs, length: number): number[] =>
  attrs.axis === undefined ? [length] : shape.with(num({ attrs }, "axis"), length);

const lengthAxis = (attrs: Attrs, shape: Shape): number =>
  attrs.axis === undefined ? 0 : (num({ attrs }, "axis") + shape.length) % shape.length;

/** Slices of a tensor along an axis, in this order, then zeros. */
function slices(
  x: Tensor,
  { outer, size, inner }: AxisSpan,
  at: readonly number[],
  type: TensorType,
) {
  const data = newArray(x.elem, elementCount(type.shape));
  const length = data.length / (outer * inner);
  for (let o = 0; o < outer; o++)
    for (const [u, k] of at.slice(0, length).entries())
      for (let i = 0; i < inner; i++)
        data[(o * length + u) * inner + i] = x.data[(o * size + k) * inner + i]!;
  return { elem: x.elem, shape: type.shape, data };
}

/** Indices of what is not 0. */
export const trueAt = (t: Tensor): number[] =>
  Array.from(numbers(t)).flatMap((v, i) => (v !== 0 ? [i] : []));

const compress: Operator = {
  name: "Compress",
  level: "any",
  inputs: ["input: T", "condition: B"],
  outputs: 1,
  attrs: { axis: "int", ...declaredAttr },
  types: { B: ["bool"] },
  declares: { inputs: [1] },
  infer: (context) => {
    const { inputs, attrs } = context;
    const [{ elem, shape }, condition] = [inputs[0]!, inputs[1]!.shape];
    if (condition.length !== 1) fail(`'condition' has ${condition.length} axes, not 1`);
    const { size } = spanOrFlat(shape, attrs);
    if (condition[0]! > size) fail(`'condition' has ${condition[0]} elements for ${size}`);
    const known = context.constant(1);
    const exact = known && trueAt(known).length;
    const length = boundedLength(context, lengthAxis(attrs, shape), exact, condition[0]!);
    return [{ elem, shape: withLength(shape, attrs, length) }];
  },
  evaluate: ({ inputs: [x, condition], attrs, types }) => [
    slices(x!, spanOrFlat(x!.shape, attrs), trueAt(condition!), types[0]!),
  ],
};

const nonZero: Operator = {
  name: "NonZero",
  level: "any",
  inputs: ["X: T"],
  outputs: 1,
  attrs: declaredAttr,
  declares: { inputs: [0] },
  infer: (context) => {
    const { shape } = context.inputs[0]!;
    const known = context.constant(0);
    const exact = known && trueAt(known).length;
    const length = boundedLength(context, 1, exact, elementCount(shape));
    return [{ elem: "int64", shape: [shape.length, length] }];
  },
  evaluate: ({ inputs: [x], types }) => {
    const [, length] = types[0]!.shape as [number, number];
    const data = new BigInt64Array(elementCount(types[0]!.shape));
    for (const [found, at] of trueAt(x!).slice(0, length).entries())
      x!.shape.reduceRight((rest, size, axis) => {
        data[axis * length + found] = BigInt(rest % size);
        return Math.floor(rest / size);
      }, at);
    return [{ ...types[0]!, data }];
  },
};

/** Below 0 where one slice comes before another, 0 where they are equal. */
function sliceOrder(x: Tensor, { outer, size, inner }: AxisSpan, a: number, b: number): number {
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      const at = (k: number): Element => x.data[(o * size + k) * inner + i]!;
      if (at(a) < at(b)) return -1;
      if (at(b) < at(a)) return 1;
    }
  return 0;
}

/** Where the different slices come first, in their order, and which of them each slice is. */
function uniqueSlices(x: Tensor, attrs: Attrs) {
  const span = spanOrFlat(x.shape, attrs);
  const isSorted = num({ attrs }, "sorted", 1) !== 0;
  const first: number[] = [];
  const place = (k: number): number => {
    const at = first.findIndex((f) => {
      const order = sliceOrder(x, span, k, f);
      return order === 0 || (isSorted && order < 0);
    });
    return at < 0 ? first.length : at;
  };
  const all = Array.from({ length: span.size }, (_, k) => k);
  for (const k of all) {
    const at = place(k);
    const isNew = at === first.length || sliceOrder(x, span, k, first[at]!) !== 0;
    if (isNew) first.splice(at, 0, k);
  }
  return { span, first, inverse: all.map(place) };
}

const counted = (values: readonly number[], length: number): BigInt64Array =>
  BigInt64Array.from({ length }, (_, i) => BigInt(values[i] ?? 0));

const unique: Operator = {
  name: "Unique",
  level: "any",
  inputs: ["X: T"],
  outputs: "any",
  attrs: { axis: "int", sorted: "flag", ...declaredAttr },
  defaults: { sorted: 1 },
  declares: { inputs: [0] },
  infer: (context) => {
    const { elem, shape } = context.inputs[0]!;
    const { size } = spanOrFlat(shape, context.attrs);
    const known = context.constant(0);
    const exact = known && uniqueSlices(known, context.attrs).first.length;
    const length = boundedLength(context, lengthAxis(context.attrs, shape), exact, size);
    const lists = [length, size, length].map((n) => ({ elem: "int64" as const, shape: [n] }));
    const y = { elem, shape: withLength(shape, context.attrs, length) };
    return [y, ...lists].slice(0, context.outputCount);
  },
  evaluate: ({ inputs: [x], attrs, types }) => {
    const { span, first, inverse } = uniqueSlices(x!, attrs);
    const length = types[0]!.shape[lengthAxis(attrs, x!.shape)]!;
    const counts = first.map((_, u) => inverse.filter((at) => at === u).length);
    const lists = [counted(first, length), counted(inverse, span.size), counted(counts, length)];
    return types.map((type, i) =>
      i === 0 ? slices(x!, span, first, type) : { ...type, data: lists[i - 1]! },
    );
  },
};

export const boundedOperators: readonly Operator[] = [compress, nonZero, unique];

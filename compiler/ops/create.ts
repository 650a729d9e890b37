/** Operators that make tensors of counts, indices and single values. */
import { type Attrs, constant, num } from "../ir/graph.ts";
import { newArray, numbers, scalar, type Tensor } from "../ir/tensor.ts";
import { type ElementType, elementCount, isFloat, type Shape } from "../ir/types.ts";
import type { Element } from "./accumulate.ts";
import { constantInts } from "./move.ts";
import {
  type Declares,
  declaredAttr,
  declaredShape,
  fail,
  floats,
  type InferContext,
  normalAxis,
  type Operator,
} from "./operator.ts";
import { elementTypeOf } from "./typing.ts";

const size: Operator = {
  name: "Size",
  level: "imported",
  inputs: ["data: T"],
  outputs: 1,
  attrs: {},
  ofTypes: true,
  infer: () => [{ elem: "int64", shape: [] }],
  evaluate: ({ inputTypes: [x] }) => [scalar("int64", elementCount(x!.shape))],
};

const eyeLike: Operator = {
  name: "EyeLike",
  level: "imported",
  inputs: ["input: T"],
  outputs: 1,
  attrs: { dtype: "int", k: "int" },
  defaults: { k: 0 },
  ofTypes: true,
  infer: ({ inputs: [x], attrs }) => {
    const code = attrs.dtype as number | undefined;
    const elem = code === undefined ? x!.elem : elementTypeOf(code);
    if (x!.shape.length !== 2) fail(`its input has ${x!.shape.length} axes, not 2`);
    return [{ elem: elem ?? fail(`ONNX type ${code} is not supported`), shape: x!.shape }];
  },
  evaluate: ({ attrs, types }) => {
    const { elem, shape } = types[0]!;
    const [rows, columns] = shape as [number, number];
    const data = newArray(elem, rows * columns);
    for (let r = 0; r < rows; r++) {
      const c = r + num({ attrs }, "k");
      if (c >= 0 && c < columns) data[r * columns + c] = one(elem);
    }
    return [{ elem, shape, data }];
  },
};

const one = (elem: ElementType): Element => (elem.endsWith("int64") ? 1n : 1);

/** The axis that a OneHot adds to its indices' shape. */
export const oneHotAxis = (attrs: Attrs, indices: Shape): number =>
  normalAxis(num({ attrs }, "axis", -1), indices.length + 1);

function oneHotDepth(context: InferContext): number {
  const depth = Math.trunc(constantInts(context, 1, "depth")[0]!);
  return depth > 0 ? depth : fail(`'depth' is ${depth}`);
}

/** The depth is how long a declared shape's axis is. */
const declaredDepth: Declares = {
  inputs: [1],
  take: (node, [shape]) => {
    const [indices, , values] = node.inputs;
    const depth = shape![oneHotAxis(node.attrs, indices!.type.shape)] ?? 0;
    return { ...node, inputs: [indices, constant(scalar("int64", depth), "depth"), values] };
  },
};

const oneHot: Operator = {
  name: "OneHot",
  level: "any",
  inputs: ["indices: T1", "depth: T2", "values: T3"],
  outputs: 1,
  attrs: { axis: "int" },
  defaults: { axis: -1 },
  declares: declaredDepth,
  infer: (context) => {
    const [indices, , values] = context.inputs;
    if (elementCount(values!.shape) !== 2) fail(`'values' has shape [${values!.shape}], not [2]`);
    const axis = oneHotAxis(context.attrs, indices!.shape);
    const shape = indices!.shape.toSpliced(axis, 0, oneHotDepth(context));
    return [{ elem: values!.elem, shape }];
  },
  evaluate: ({ inputs: [indices, , values], attrs, types }) => {
    const { elem, shape } = types[0]!;
    const axis = oneHotAxis(attrs, indices!.shape);
    const [depth, inner] = [shape[axis]!, elementCount(shape.slice(axis + 1))];
    const [off, on] = values!.data as unknown as readonly never[];
    const data = newArray(elem, elementCount(shape)).fill(off!);
    Array.from(numbers(indices!)).forEach((index, i) => {
      const whole = Math.trunc(index);
      const at = whole < 0 ? whole + depth : whole;
      const first = Math.floor(i / inner) * depth * inner + (i % inner);
      if (at >= 0 && at < depth) data[first + at * inner] = on!;
    });
    return [{ elem, shape, data }];
  },
};

/** How many numbers there are from the start to the limit. */
function rangeCount(elem: ElementType, [start, limit, delta]: readonly Element[]): number {
  if (isFloat(elem)) {
    const [from, to, step] = [start, limit, delta].map(Number);
    const span = elem === "float64" ? to! - from! : Math.fround(to! - from!);
    return step === 0 ? 0 : Math.max(0, Math.ceil(span / step!));
  }
  const [from, to, step] = [start, limit, delta].map((x) => BigInt(x!));
  if (step === 0n) return 0;
  const span = step! > 0n ? to! - from! : from! - to!;
  const size = step! > 0n ? step! : -step!;
  return span > 0n ? Number((span + size - 1n) / size) : 0;
}

const firsts = (inputs: readonly (Tensor | undefined)[]): Element[] =>
  inputs.map((t) => t!.data[0]!);

const range: Operator = {
  name: "Range",
  level: "any",
  inputs: ["start: T", "limit: T", "delta: T"],
  outputs: 1,
  attrs: { ...declaredAttr, stash_type: "int" },
  defaults: { stash_type: 1 },
  declares: { inputs: [0, 1, 2] },
  types: { T: [...floats, "int16", "int32", "int64"] },
  infer: (context) => {
    const { elem } = context.inputs[0]!;
    if (context.inputs.some((t) => elementCount(t!.shape) !== 1))
      fail("'start', 'limit' and 'delta' must be one number each");
    const known = [0, 1, 2].map((i) => context.constant(i));
    if (known.some((t) => t === undefined)) {
      const shape = declaredShape(context);
      if (shape?.length !== 1) return fail(`how many numbers it makes must be known or declared`);
      return [{ elem, shape }];
    }
    if (numbers(known[2]!)[0] === 0) fail("'delta' is 0");
    return [{ elem, shape: [rangeCount(elem, firsts(known))] }];
  },
  evaluate: ({ inputs, types }) => {
    const { elem, shape } = types[0]!;
    const given = firsts(inputs);
    const count = Math.min(shape[0]!, rangeCount(elem, given));
    const [start, , delta] = given as [number, number, number];
    const data = newArray(elem, shape[0]!);
    // Numbers and bigints alike.
    const index = (i: number) => (typeof start === "bigint" ? BigInt(i) : i) as number;
    for (let i = 0; i < count; i++) data[i] = start + index(i) * delta;
    return [{ elem, shape, data }];
  },
};

export const createOperators: readonly Operator[] = [size, eyeLike, oneHot, range];

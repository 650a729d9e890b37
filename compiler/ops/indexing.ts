/** Operators that read or write elements, or slices, at places that indices say. */
import { constant, num, str } from "../ir/graph.ts";
import { int64s, newArray, numbers, type Tensor } from "../ir/tensor.ts";
import { elementCount, rowMajorStrides, type Shape } from "../ir/types.ts";
import { combiner, combinerNames } from "./accumulate.ts";
import { axisSpan } from "./axes.ts";
import { gather, indexTypes, moves, viewIndex } from "./move.ts";
import { clamp } from "./numerics.ts";
import { fail, type InferContext, normalAxis, type Operator } from "./operator.ts";

/** Indices that are known while compiling must be inside. */
export function checkIndices(context: InferContext, at: number, sizes: readonly number[]): void {
  const empty = context.inputs[at]!.shape.includes(0);
  if (!empty && sizes.includes(0)) fail("an axis of length 0 has nothing for an index");
  const known = context.constant(at);
  if (known)
    for (const [i, index] of Array.from(numbers(known)).entries()) {
      const size = sizes[i % sizes.length]!;
      if (index < -size || index >= size)
        fail(`index ${index} is outside an axis of length ${size}`);
    }
}

/** Negative indices count from the end; those outside are the nearest inside. */
export const nearestIndex = (index: number, size: number): number =>
  clamp(index < 0 ? index + size : index, 0, size - 1);

/** For each index along an axis, the flat index of what it picks of a tensor of this shape. */
export function indexedPlaces(shape: Shape, axis: number, indices: Tensor): Int32Array {
  const steps = rowMajorStrides(shape);
  const rest = steps.map((s, i) => (i === axis ? 0 : s));
  const at = viewIndex(indices.shape, rest);
  const picked = numbers(indices);
  return at.map((from, i) => from + nearestIndex(picked[i]!, shape[axis]!) * steps[axis]!);
}

/** For each tuple of indices, the flat index of the slice that it picks. */
function tuplePlaces(shape: Shape, indices: Tensor, from: (tuple: number) => number): number[] {
  const steps = rowMajorStrides(shape);
  const depth = indices.shape.at(-1)!;
  const list = Array.from(numbers(indices));
  return Array.from({ length: elementCount(indices.shape.slice(0, -1)) }, (_, t) =>
    list
      .slice(t * depth, (t + 1) * depth)
      .reduce((at, index, k) => at + nearestIndex(index, shape[k]!) * steps[k]!, from(t)),
  );
}

/** Indices along an axis have the data's rank and are nowhere longer, but along the axis. */
function checkIndexed(context: InferContext): void {
  const [data, indices] = [context.inputs[0]!.shape, context.inputs[1]!.shape];
  const axis = normalAxis(num(context, "axis"), data.length);
  const fits =
    indices.length === data.length && indices.every((d, i) => i === axis || d <= data[i]!);
  if (!fits) fail(`indices of shape [${indices}] do not fit data of shape [${data}]`);
  checkIndices(context, 1, [data[axis]!]);
}

const gatherElements: Operator = {
  name: "GatherElements",
  level: "any",
  inputs: ["data: T", "indices: I"],
  outputs: 1,
  attrs: { axis: "int" },
  defaults: { axis: 0 },
  types: indexTypes,
  infer: (context) => {
    checkIndexed(context);
    return [{ elem: context.inputs[0]!.elem, shape: context.inputs[1]!.shape }];
  },
  evaluate: ({ inputs: [x, indices], attrs, types }) => {
    const axis = normalAxis(num({ attrs }, "axis"), x!.shape.length);
    return [gather(x!, types[0]!.shape, indexedPlaces(x!.shape, axis, indices!))];
  },
  integer: moves,
};

/** How many leading axes tuples of indices go into, behind the batch axes. */
function tupleDepth(data: Shape, indices: Shape, batchDims: number): number {
  const depth = indices.at(-1) ?? fail("indices must have at least one axis");
  const rank = Math.min(data.length, indices.length - 1);
  if (batchDims < 0 || batchDims > rank) fail(`'batch_dims' ${batchDims} is not possible here`);
  if (depth < 1 || depth > data.length - batchDims)
    fail(`tuples of ${depth} indices do not fit data of shape [${data}]`);
  return depth;
}

const gatherND: Operator = {
  name: "GatherND",
  level: "any",
  inputs: ["data: T", "indices: I"],
  outputs: 1,
  attrs: { batch_dims: "int" },
  defaults: { batch_dims: 0 },
  types: { I: ["int64"] },
  infer: (context) => {
    const [data, indices] = [context.inputs[0]!.shape, context.inputs[1]!.shape];
    const batch = num(context, "batch_dims");
    const depth = tupleDepth(data, indices, batch);
    if (data.slice(0, batch).some((d, i) => d !== indices[i]))
      fail(`batches of [${data}] and [${indices}] differ`);
    checkIndices(context, 1, data.slice(batch, batch + depth));
    const shape = [...indices.slice(0, -1), ...data.slice(batch + depth)];
    return [{ elem: context.inputs[0]!.elem, shape }];
  },
  evaluate: ({ inputs: [x, indices], attrs, types }) => {
    const batch = num({ attrs }, "batch_dims");
    const own = x!.shape.slice(batch);
    const each = elementCount(indices!.shape.slice(batch, -1));
    const places = tuplePlaces(own, indices!, (t) => Math.floor(t / each) * elementCount(own));
    const slice = elementCount(own.slice(indices!.shape.at(-1)!));
    const from = places.flatMap((at) => Array.from({ length: slice }, (_, i) => at + i));
    return [gather(x!, types[0]!.shape, from)];
  },
  integer: moves,
};

/** The data with elements at `places` replaced by, or combined with, the updates. */
function scattered(data: Tensor, updates: Tensor, places: ArrayLike<number>, how: string): Tensor {
  const result = newArray(data.elem, data.data.length);
  result.set(data.data as never);
  const combine = how === "none" ? undefined : combiner(how, data.elem);
  for (let i = 0; i < places.length; i++) {
    const [at, update] = [places[i]!, updates.data[i]!];
    result[at] = combine ? combine(result[at]!, update) : update;
  }
  return { ...data, data: result };
}

const reductions = ["none", ...combinerNames];

function checkReduction(context: InferContext): void {
  const how = str(context, "reduction", "none");
  if (how !== "none" && context.inputs[0]!.elem === "bool") fail("bools have no reductions");
}

const scatterElements: Operator = {
  name: "ScatterElements",
  level: "any",
  inputs: ["data: T", "indices: I", "updates: T"],
  outputs: 1,
  attrs: { axis: "int", reduction: reductions },
  defaults: { axis: 0, reduction: "none" },
  types: indexTypes,
  infer: (context) => {
    const [data, indices, updates] = context.inputs;
    checkReduction(context);
    checkIndexed(context);
    if (`${indices!.shape}` !== `${updates!.shape}`)
      fail(`indices [${indices!.shape}] and updates [${updates!.shape}] differ in shape`);
    return [{ elem: data!.elem, shape: data!.shape }];
  },
  evaluate: ({ inputs: [data, indices, updates], attrs }) => {
    const axis = normalAxis(num({ attrs }, "axis"), data!.shape.length);
    const places = indexedPlaces(data!.shape, axis, indices!);
    return [scattered(data!, updates!, places, str({ attrs }, "reduction", "none"))];
  },
};

/** What ScatterElements was called before opset 11. */
const scatter: Operator = {
  ...scatterElements,
  name: "Scatter",
  level: "imported",
  attrs: { axis: "int" },
  upgrade: (node) => ({ ...node, op: "ScatterElements" }),
};

const scatterND: Operator = {
  name: "ScatterND",
  level: "any",
  inputs: ["data: T", "indices: I", "updates: T"],
  outputs: 1,
  attrs: { reduction: reductions },
  defaults: { reduction: "none" },
  types: { I: ["int64"] },
  infer: (context) => {
    const [data, indices, updates] = context.inputs.map((t) => t!.shape);
    checkReduction(context);
    const depth = tupleDepth(data!, indices!, 0);
    const wanted = [...indices!.slice(0, -1), ...data!.slice(depth)];
    if (`${updates}` !== `${wanted}`) fail(`updates are [${updates}], not [${wanted}]`);
    checkIndices(context, 1, data!.slice(0, depth));
    return [{ elem: context.inputs[0]!.elem, shape: data! }];
  },
  evaluate: ({ inputs: [data, indices, updates], attrs }) => {
    const slice = elementCount(data!.shape.slice(indices!.shape.at(-1)!));
    const starts = tuplePlaces(data!.shape, indices!, () => 0);
    const places = starts.flatMap((at) => Array.from({ length: slice }, (_, i) => at + i));
    return [scattered(data!, updates!, places, str({ attrs }, "reduction", "none"))];
  },
};

/** Batches of sequences [batch, …, size, …] into which others are written from an index on. */
const tensorScatter: Operator = {
  name: "TensorScatter",
  level: "any",
  inputs: ["past_cache: T", "update: T", "write_indices?: I"],
  outputs: 1,
  attrs: { axis: "int", mode: ["linear", "circular"] },
  defaults: { axis: -2, mode: "linear" },
  types: { I: ["int64"] },
  upgrade: (node) => {
    const [cache, update, given] = node.inputs;
    const starts = given ?? constant(int64s(new Array(cache?.type.shape[0] ?? 0).fill(0)));
    return { ...node, inputs: [cache, update, starts] };
  },
  infer: (context) => {
    const { elem, shape } = context.inputs[0]!;
    const [update, starts] = [context.inputs[1]!.shape, context.inputs[2]!.shape];
    const axis = normalAxis(num(context, "axis", -2), shape.length);
    const fits = shape.every((d, i) => (i === axis ? update[i]! <= d : update[i] === d));
    if (axis === 0) fail("'axis' is that of the batch");
    if (!fits) fail(`updates of shape [${update}] do not fit [${shape}]`);
    if (`${starts}` !== `${[shape[0]]}`) fail(`'write_indices' is [${starts}], not [${shape[0]}]`);
    return [{ elem, shape }];
  },
  evaluate: ({ inputs: [cache, update, starts], attrs }) => {
    const { outer, size, inner } = axisSpan(cache!.shape, num({ attrs }, "axis", -2));
    const { size: count } = axisSpan(update!.shape, num({ attrs }, "axis", -2));
    const isCircular = str({ attrs }, "mode", "linear") === "circular";
    const data = cache!.data.slice();
    for (let lane = 0; lane < outer; lane++) {
      const start = numbers(starts!)[Math.floor((lane * cache!.shape[0]!) / outer)]!;
      for (let i = 0; i < count; i++) {
        const at = isCircular ? (((start + i) % size) + size) % size : start + i;
        if (at < 0 || at >= size) continue;
        for (let k = 0; k < inner; k++)
          data[(lane * size + at) * inner + k] = update!.data[(lane * count + i) * inner + k]!;
      }
    }
    return [{ ...cache!, data }];
  },
};

export const indexingOperators: readonly Operator[] = [
  gatherElements,
  gatherND,
  scatterElements,
  scatter,
  scatterND,
  tensorScatter,
];

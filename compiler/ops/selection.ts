/** Operators that look for the largest or smallest elements along an axis. */
import { type Attrs, constant, num } from "../ir/graph.ts";
import { int64s, newArray, type Tensor } from "../ir/tensor.ts";
import { elementCount, type Shape } from "../ir/types.ts";
import type { Element } from "./accumulate.ts";
import { type AxisSpan, axisSpan } from "./axes.ts";
import { constantInts, indexTypes } from "./move.ts";
import {
  computed,
  type Declares,
  fail,
  floats,
  type InferContext,
  normalAxis,
  type Operator,
} from "./operator.ts";

/** Elements of each lane along the axis, in the order of the lanes: outer, then inner. */
function lanesOf(x: Tensor, { outer, size, inner }: AxisSpan): Element[][] {
  return Array.from({ length: outer * inner }, (_, lane) => {
    const first = Math.floor(lane / inner) * size * inner + (lane % inner);
    return Array.from({ length: size }, (_, k) => x.data[first + k * inner]!);
  });
}

type Beats = (a: Element, b: Element) => boolean;
const larger: Beats = (a, b) => a > b;
const smaller: Beats = (a, b) => a < b;

/** Where the best element is: of equal ones the first, or the last. */
function bestOf(lane: readonly Element[], beats: Beats, last: boolean): number {
  let best = 0;
  for (let k = 1; k < lane.length; k++)
    if (beats(lane[k]!, lane[best]!) || (last && lane[k] === lane[best])) best = k;
  return best;
}

const reducedShape = (shape: Shape, given: number, keep: boolean): number[] => {
  const axis = normalAxis(given, shape.length);
  return shape.flatMap((d, i) => (i !== axis ? [d] : keep ? [1] : []));
};

const argReduce = (name: string, beats: Beats): Operator => ({
  name,
  level: "any",
  inputs: ["data: T"],
  outputs: 1,
  attrs: { axis: "int", keepdims: "flag", select_last_index: "flag" },
  defaults: { axis: 0, keepdims: 1, select_last_index: 0 },
  types: { T: computed },
  infer: (context) => {
    const { shape } = context.inputs[0]!;
    const axis = num(context, "axis");
    if (axisSpan(shape, axis).size === 0) fail(`axis ${axis} has no elements`);
    return [{ elem: "int64", shape: reducedShape(shape, axis, num(context, "keepdims", 1) !== 0) }];
  },
  evaluate: ({ inputs: [x], attrs, types }) => {
    const last = num({ attrs }, "select_last_index") !== 0;
    const lanes = lanesOf(x!, axisSpan(x!.shape, num({ attrs }, "axis")));
    const best = lanes.map((lane) => bestOf(lane, beats, last));
    return [{ ...int64s(best), shape: types[0]!.shape }];
  },
});

/** Before opset 13 everything from the axis on was one axis. */
const hardmaxEnd = (attrs: Attrs, shape: Shape): number =>
  num({ attrs }, "axis_end", normalAxis(num({ attrs }, "axis", -1), shape.length) + 1);

/** The shape in which a Hardmax works along one axis. */
export function hardmaxShape(shape: Shape, attrs: Attrs): number[] {
  const axis = normalAxis(num({ attrs }, "axis", -1), shape.length);
  const end = hardmaxEnd(attrs, shape);
  return [shape.slice(0, axis), shape.slice(axis, end), shape.slice(end)].map(elementCount);
}

const hardmax: Operator = {
  name: "Hardmax",
  level: "imported",
  inputs: ["input: T"],
  outputs: 1,
  attrs: { axis: "int", axis_end: "int" },
  types: { T: floats },
  upgrade: ({ inputs, attrs, ...node }, opset) => {
    if (opset >= 13) return { ...node, inputs, attrs };
    const rank = inputs[0]?.type.shape.length ?? 0;
    return {
      ...node,
      inputs,
      attrs: { ...attrs, axis: num({ attrs }, "axis", 1), axis_end: rank },
    };
  },
  infer: ({ inputs: [x], attrs }) => {
    if (hardmaxShape(x!.shape, attrs)[1] === 0) fail("its axis has no elements");
    return [{ elem: x!.elem, shape: x!.shape }];
  },
  evaluate: ({ inputs: [x], attrs }) => {
    const [outer, size, inner] = hardmaxShape(x!.shape, attrs);
    const data = newArray(x!.elem, x!.data.length);
    lanesOf(x!, { outer: outer!, size: size!, inner: inner! }).forEach((lane, at) => {
      const first = Math.floor(at / inner!) * size! * inner! + (at % inner!);
      data[first + bestOf(lane, larger, false) * inner!] = 1;
    });
    return [{ ...x!, data }];
  },
};

function topCount(context: InferContext, axis: number): number {
  const size = context.inputs[0]!.shape[axis]!;
  const k = constantInts(context, 1, "K")[0]!;
  if (!(k >= 0 && k <= size)) fail(`K is ${k}, but axis ${axis} has ${size} elements`);
  return k;
}

/** K is how long a declared shape's axis is. */
const declaredCount: Declares = {
  inputs: [1],
  take: (node, [shape]) => {
    const k = shape![normalAxis(num(node, "axis", -1), shape!.length)]!;
    return { ...node, inputs: [node.inputs[0], constant(int64s([k]), "K")] };
  },
};

/** The lane's best elements in order, equal ones as they come; places with them. */
function topOf(lane: readonly Element[], count: number, beats: Beats): number[] {
  const kept: number[] = [];
  for (const [n, v] of lane.entries()) {
    let at = kept.length;
    while (at > 0 && beats(v, lane[kept[at - 1]!]!)) at--;
    kept.splice(at, 0, n);
    kept.length = Math.min(kept.length, count);
  }
  return kept;
}

const topK: Operator = {
  name: "TopK",
  level: "any",
  inputs: ["X: T", "K: I"],
  outputs: 2,
  attrs: { axis: "int", largest: "flag", sorted: "flag", k: "int" },
  defaults: { axis: -1, largest: 1, sorted: 1 },
  types: { ...indexTypes, T: computed },
  upgrade: (node, opset) => {
    if (opset >= 10) return node;
    const { k, ...attrs } = node.attrs;
    if (k === undefined) fail("'k' is missing");
    return { ...node, attrs, inputs: [node.inputs[0], constant(int64s([k as number]), "K")] };
  },
  declares: declaredCount,
  infer: (context) => {
    const { elem, shape } = context.inputs[0]!;
    const axis = normalAxis(num(context, "axis", -1), shape.length);
    const k = topCount(context, axis);
    const sizes = shape.map((d, i) => (i === axis ? k : d));
    return [
      { elem, shape: sizes },
      { elem: "int64", shape: sizes },
    ];
  },
  evaluate: ({ inputs: [x], attrs, types }) => {
    const axis = num({ attrs }, "axis", -1);
    const beats = num({ attrs }, "largest", 1) !== 0 ? larger : smaller;
    const span = axisSpan(x!.shape, axis);
    const { size: k, inner } = axisSpan(types[0]!.shape, axis);
    const [values, places] = types.map((t) => newArray(t.elem, elementCount(t.shape)));
    lanesOf(x!, span).forEach((lane, at) => {
      const first = Math.floor(at / inner) * k * inner + (at % inner);
      topOf(lane, k, beats).forEach((n, i) => {
        values![first + i * inner] = lane[n]!;
        places![first + i * inner] = BigInt(n);
      });
    });
    return types.map((t, i) => ({ ...t, data: i === 0 ? values! : places! }));
  },
};

export const selectionOperators: readonly Operator[] = [
  argReduce("ArgMax", larger),
  argReduce("ArgMin", smaller),
  hardmax,
  topK,
];

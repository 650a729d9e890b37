/** Operators whose result is the same elements in the same order under another shape. */
import { constant, num } from "../ir/graph.ts";
import { int64s, newArray, numbers, withShape } from "../ir/tensor.ts";
import { elementCount } from "../ir/types.ts";
import { constantInts, indexTypes, moves } from "./move.ts";
import { fail, type InferContext, normalAxis, type Operator, type RawNode } from "./operator.ts";
import { attributeToInput } from "./upgrade.ts";

function reshapeShape(context: InferContext): number[] {
  const from = context.inputs[0]!.shape;
  const wanted = constantInts(context, 1, "shape");
  const keepZero = num(context, "allowzero") !== 0;
  const shape = wanted.map((d, i) => (d === 0 && !keepZero ? (from[i] ?? 0) : d));
  if (shape.filter((d) => d === -1).length > 1) fail("'shape' has more than one -1");
  const known = elementCount(shape.filter((d) => d !== -1));
  const total = elementCount(from);
  const free = shape.indexOf(-1);
  if (free >= 0 && known > 0) shape[free] = total / known;
  if (shape.some((d) => d < 0 || !Number.isInteger(d)) || elementCount(shape) !== total)
    fail(`cannot reshape [${from.join(", ")}] to [${wanted.join(", ")}]`);
  return shape;
}

function squeezeShape(context: InferContext): number[] {
  const from = context.inputs[0]!.shape;
  if (context.inputs[1] === undefined) return from.filter((d) => d !== 1);
  const axes = constantInts(context, 1, "axes").map((a) => normalAxis(a, from.length));
  const wide = axes.find((a) => from[a] !== 1);
  if (wide !== undefined) fail(`cannot squeeze axis ${wide} of size ${from[wide]}`);
  return from.filter((_, i) => !axes.includes(i));
}

function unsqueezeShape(context: InferContext): number[] {
  const from = [...context.inputs[0]!.shape];
  const given = constantInts(context, 1, "axes");
  const rank = from.length + given.length;
  const axes = given.map((a) => normalAxis(a, rank));
  if (new Set(axes).size !== axes.length) fail("'axes' names an axis twice");
  return Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : from.shift()!));
}

function flattenShape({ inputs, attrs }: InferContext): number[] {
  const shape = inputs[0]!.shape;
  const given = num({ attrs }, "axis", 1);
  const axis = given < 0 ? given + shape.length : given;
  if (axis < 0 || axis > shape.length) fail(`axis ${given} is outside rank ${shape.length}`);
  return [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))];
}

const view = (
  name: string,
  shape: (context: InferContext) => number[],
  rest: Partial<Operator> = {},
): Operator => ({
  name,
  level: "any",
  inputs: ["data: T"],
  outputs: 1,
  attrs: {},
  infer: (context) => [{ elem: context.inputs[0]!.elem, shape: shape(context) }],
  evaluate: ({ inputs, types }) => [withShape(inputs[0]!, types[0]!.shape)],
  integer: moves,
  ...rest,
});

const axesSince13 = (node: RawNode, opset: number): RawNode =>
  opset < 13 ? attributeToInput(node, "axes", 1) : node;

/** Squeezed and unsqueezed to a declared shape: a Reshape. */
const declaredAsReshape: Operator["declares"] = {
  inputs: [1],
  take: (node, [shape]) => ({
    op: "Reshape",
    inputs: [node.inputs[0], constant(int64s(shape!))],
    attrs: shape!.includes(0) ? { allowzero: 1 } : {},
  }),
};

const plainViews: readonly Operator[] = [
  view("Reshape", reshapeShape, {
    inputs: ["data: T", "shape: I"],
    attrs: { allowzero: "flag" },
    defaults: { allowzero: 0 },
    types: indexTypes,
    declares: declaredAsReshape,
  }),
  view("Squeeze", squeezeShape, {
    inputs: ["data: T", "axes?: I"],
    types: indexTypes,
    attrs: { axes: "ints" },
    upgrade: axesSince13,
    declares: declaredAsReshape,
  }),
  view("Unsqueeze", unsqueezeShape, {
    inputs: ["data: T", "axes: I"],
    types: indexTypes,
    attrs: { axes: "ints" },
    upgrade: axesSince13,
    declares: declaredAsReshape,
  }),
  view("Flatten", flattenShape, { attrs: { axis: "int" } }),
  view("Identity", ({ inputs }) => [...inputs[0]!.shape]),
];

/** In inference a dropout passes its input; the mask, if it is read, is all true. */
const dropout: Operator = {
  name: "Dropout",
  limits: "inference",
  level: "imported",
  inputs: ["data: T", "ratio?: R", "training_mode?: B"],
  outputs: "any",
  attrs: { seed: "int", ratio: "float", is_test: "flag" },
  upgrade: (node, opset) => (opset < 12 ? attributeToInput(node, "ratio", 1) : node),
  types: { B: ["bool"] },
  infer: ({ inputs: [x, , training], constant, outputCount }) => {
    if (training && numbers(constant(2) ?? fail("'training_mode' is not a constant"))[0] !== 0)
      fail("a Dropout in training mode cannot be compiled");
    const { elem, shape } = x!;
    return [
      { elem, shape },
      { elem: "bool" as const, shape },
    ].slice(0, outputCount);
  },
  evaluate: ({ inputs: [x], types }) =>
    types.map((t, i) =>
      i === 0
        ? x!
        : { elem: t.elem, shape: t.shape, data: newArray("bool", x!.data.length).fill(1 as never) },
    ),
};

export const viewOperators: readonly Operator[] = [...plainViews, dropout];

/** Operators that arrange all elements anew: repeated, by blocks, reversed, cut to a triangle. */
import { type Attrs, constant, num, str } from "../ir/graph.ts";
import { int64s, newArray, numbers, scalar } from "../ir/tensor.ts";
import { elementCount, rowMajorStrides, type Shape } from "../ir/types.ts";
import { checkNumber, constantInts, gather, indexTypes, moves, viewIndex } from "./move.ts";
import { clamp } from "./numerics.ts";
import { type Declares, fail, type InferContext, normalAxis, type Operator } from "./operator.ts";

function tileShape(context: InferContext): number[] {
  const { shape } = context.inputs[0]!;
  const repeats = constantInts(context, 1, "repeats");
  if (repeats.length !== shape.length || repeats.some((r) => r < 0))
    fail(`'repeats' [${repeats}] does not fit [${shape}]`);
  return shape.map((d, i) => d * repeats[i]!);
}

/** The repeats that make a declared shape; where they do not, the importer says so. */
const declaredRepeats: Declares = {
  inputs: [1],
  take: (node, [shape]) => {
    const from = node.inputs[0]!.type.shape;
    const repeats = shape!.map((d, i) => Math.floor(d / (from[i] || 1)));
    return { ...node, inputs: [node.inputs[0], constant(int64s(repeats), "repeats")] };
  },
};

const tile: Operator = {
  name: "Tile",
  level: "imported",
  inputs: ["input: T", "repeats: I"],
  outputs: 1,
  attrs: {},
  types: { I: ["int64"] },
  declares: declaredRepeats,
  infer: (context) => [{ elem: context.inputs[0]!.elem, shape: tileShape(context) }],
  evaluate: ({ inputs: [x], types }) => {
    const { shape } = types[0]!;
    const [own, all] = [rowMajorStrides(x!.shape), rowMajorStrides(shape)];
    const from = Int32Array.from({ length: elementCount(shape) }, (_, i) =>
      own.reduce(
        (at, step, k) => at + ((Math.floor(i / all[k]!) % shape[k]!) % x!.shape[k]!) * step,
        0,
      ),
    );
    return [gather(x!, shape, from)];
  },
  integer: moves,
};

/** A tensor split into more axes, which change places and are joined again. */
export interface BlockMove {
  readonly split: readonly number[];
  readonly perm: readonly number[];
  readonly joined: readonly number[];
}

type MoveOf = (shape: Shape, block: number, mode: string) => BlockMove;

const imageOf = (shape: Shape): [number, number, number, number] =>
  shape.length === 4 ? ([...shape] as never) : fail(`its input has ${shape.length} axes, not 4`);

const depthToSpace: MoveOf = (shape, b, mode) => {
  const [n, c, h, w] = imageOf(shape);
  if (c % (b * b) !== 0) fail(`${c} channels are no multiple of ${b}·${b}`);
  const left = c / (b * b);
  return {
    split: mode === "DCR" ? [n, b, b, left, h, w] : [n, left, b, b, h, w],
    perm: mode === "DCR" ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3],
    joined: [n, left, h * b, w * b],
  };
};

const spaceToDepth: MoveOf = (shape, b, mode) => {
  const [n, c, h, w] = imageOf(shape);
  if (h % b !== 0 || w % b !== 0) fail(`an image of ${h}×${w} has no blocks of ${b}×${b}`);
  return {
    split: [n, c, h / b, b, w / b, b],
    perm: mode === "DCR" ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4],
    joined: [n, c * b * b, h / b, w / b],
  };
};

const blockMoves: Readonly<Record<string, MoveOf>> = {
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};

export function blockMove(
  node: Pick<InferContext, "attrs"> & { op: string },
  shape: Shape,
): BlockMove {
  const block = num(node, "blocksize");
  if (block < 1) fail(`'blocksize' is ${block}`);
  const mode = str(node, "mode", "DCR");
  return blockMoves[node.op]!(shape, block, mode);
}

const blocks = (op: string): Operator => ({
  name: op,
  level: "imported",
  inputs: ["input: T"],
  outputs: 1,
  attrs: { blocksize: "int", mode: ["DCR", "CRD"] },
  defaults: { mode: "DCR" },
  infer: ({ inputs: [x], attrs }) => {
    const { joined } = blockMove({ op, attrs }, x!.shape);
    return [{ elem: x!.elem, shape: joined }];
  },
  evaluate: ({ inputs: [x], attrs }) => {
    const { split, perm, joined } = blockMove({ op, attrs }, x!.shape);
    const own = rowMajorStrides(split);
    const at = viewIndex(
      perm.map((p) => split[p]!),
      perm.map((p) => own[p]!),
    );
    return [gather(x!, joined, at)];
  },
  integer: moves,
});

/** Its k is always there. */
const trilu: Operator = {
  name: "Trilu",
  level: "any",
  inputs: ["input: T", "k?: I"],
  outputs: 1,
  attrs: { upper: "flag" },
  defaults: { upper: 1 },
  types: { I: ["int64"] },
  upgrade: (node) =>
    node.inputs[1]
      ? node
      : { ...node, inputs: [node.inputs[0], constant(scalar("int64", 0), "k")] },
  infer: (context) => {
    const [x] = context.inputs;
    checkNumber(context, 1, "k");
    if (x!.shape.length < 2) fail(`its input has ${x!.shape.length} axes; it needs 2 or more`);
    return [{ elem: x!.elem, shape: x!.shape }];
  },
  evaluate: ({ inputs: [x, k], attrs }) => {
    const [rows, columns] = x!.shape.slice(-2) as [number, number];
    const diagonal = k ? numbers(k)[0]! : 0;
    const isUpper = num({ attrs }, "upper", 1) !== 0;
    const data = newArray(x!.elem, x!.data.length);
    for (let i = 0; i < data.length; i++) {
      const above = (i % columns) - (Math.floor(i / columns) % rows);
      if (isUpper ? above >= diagonal : above <= diagonal) data[i] = x!.data[i]!;
    }
    return [{ ...x!, data }];
  },
};

const reverseSequence: Operator = {
  name: "ReverseSequence",
  level: "any",
  inputs: ["input: T", "sequence_lens: I"],
  outputs: 1,
  attrs: { batch_axis: "int", time_axis: "int" },
  defaults: { batch_axis: 1, time_axis: 0 },
  types: { I: ["int64"] },
  infer: (context) => {
    const { elem, shape } = context.inputs[0]!;
    const [batch, time] = [num(context, "batch_axis", 1), num(context, "time_axis", 0)];
    if (shape.length < 2 || Math.min(batch, time) !== 0 || Math.max(batch, time) !== 1)
      fail("'batch_axis' and 'time_axis' must be the first two axes");
    const lengths = context.inputs[1]!.shape;
    if (lengths.length !== 1 || lengths[0] !== shape[batch])
      fail(`'sequence_lens' has shape [${lengths}], not [${shape[batch]}]`);
    const odd = context.constant(1) && constantInts(context, 1, "sequence_lens");
    const wrong = odd?.find((n) => n < 0 || n > shape[time]!);
    if (wrong !== undefined) fail(`a sequence of length ${wrong} does not fit ${shape[time]}`);
    return [{ elem, shape }];
  },
  evaluate: ({ inputs: [x, lengths], attrs, types }) => {
    const { shape } = types[0]!;
    const timeFirst = num({ attrs }, "time_axis") === 0;
    const [first, second] = shape as [number, number];
    const inner = elementCount(shape.slice(2));
    const size = timeFirst ? first : second;
    const ends = Array.from(numbers(lengths!), (n) => clamp(n, 0, size));
    const from = Int32Array.from({ length: elementCount(shape) }, (_, i) => {
      const [a, b] = [Math.floor(i / inner / second), Math.floor(i / inner) % second];
      const [batch, time] = timeFirst ? [b, a] : [a, b];
      const at = time < ends[batch]! ? ends[batch]! - 1 - time : time;
      return (timeFirst ? at * second + batch : batch * second + at) * inner + (i % inner);
    });
    return [gather(x!, shape, from)];
  },
  integer: moves,
};

/** The axes that a CenterCropPad changes. */
function croppedAxes(attrs: Attrs, rank: number): number[] {
  const given = attrs.axes as readonly number[] | undefined;
  return given ? given.map((a) => normalAxis(a, rank)) : Array.from({ length: rank }, (_, i) => i);
}

const declaredCrop: Declares = {
  inputs: [1],
  take: (node, [shape]) => {
    const sizes = croppedAxes(node.attrs, shape!.length).map((a) => shape![a]!);
    return { ...node, inputs: [node.inputs[0], constant(int64s(sizes), "shape")] };
  },
};

function croppedShape(context: InferContext): number[] {
  const { shape } = context.inputs[0]!;
  const axes = croppedAxes(context.attrs, shape.length);
  const sizes = constantInts(context, 1, "shape");
  if (sizes.length !== axes.length || sizes.some((d) => d < 0))
    fail(`'shape' [${sizes}] does not fit ${axes.length} axes`);
  return shape.map((d, i) => (axes.includes(i) ? sizes[axes.indexOf(i)]! : d));
}

/** By axis: where the input's middle begins, how much of it is taken, and where it goes. */
export const croppedSpans = (from: Shape, to: Shape) =>
  from.map((size, i) => ({
    begin: Math.max(0, Math.floor((size - to[i]!) / 2)),
    count: Math.min(size, to[i]!),
    before: Math.max(0, Math.floor((to[i]! - size) / 2)),
  }));

const centerCropPad: Operator = {
  name: "CenterCropPad",
  level: "imported",
  inputs: ["input_data: T", "shape: I"],
  outputs: 1,
  attrs: { axes: "ints" },
  types: indexTypes,
  declares: declaredCrop,
  infer: (context) => [{ elem: context.inputs[0]!.elem, shape: croppedShape(context) }],
  evaluate: ({ inputs: [x], types }) => {
    const { elem, shape } = types[0]!;
    const spans = croppedSpans(x!.shape, shape);
    const counts = spans.map((s) => s.count);
    const places = (steps: readonly number[], starts: readonly number[]) =>
      viewIndex(
        counts,
        steps,
        steps.reduce((sum, step, i) => sum + step * starts[i]!, 0),
      );
    const from = places(
      rowMajorStrides(x!.shape),
      spans.map((s) => s.begin),
    );
    const to = places(
      rowMajorStrides(shape),
      spans.map((s) => s.before),
    );
    const data = newArray(elem, elementCount(shape));
    for (let i = 0; i < to.length; i++) data[to[i]!] = x!.data[from[i]!]!;
    return [{ elem, shape, data }];
  },
};

export const arrangeOperators: readonly Operator[] = [
  tile,
  blocks("DepthToSpace"),
  blocks("SpaceToDepth"),
  trilu,
  reverseSequence,
  centerCropPad,
];

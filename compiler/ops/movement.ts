/** Operators that copy elements to other places; they work on any type. */
import { type Attrs, constant, ints, type Node, num, str } from "../ir/graph.ts";
import { int64s, newArray, numbers } from "../ir/tensor.ts";
import { elementCount, rowMajorStrides, type Shape, type TensorType } from "../ir/types.ts";
import { broadcastIndex } from "./binary.ts";
import { checkIndices, nearestIndex } from "./indexing.ts";
import { constantInts, declaredAsInput, gather, indexTypes, moves, viewIndex } from "./move.ts";
import { clamp } from "./numerics.ts";
import {
  broadcastShapes,
  contextOf,
  declaredAttr,
  declaredShape,
  fail,
  type InferContext,
  normalAxis,
  type Operator,
} from "./operator.ts";
import { type RowsRead, sameRow } from "./rows.ts";
import { attributeToInput } from "./upgrade.ts";

export function permutation(attrs: Attrs, rank: number): number[] {
  const given = ints({ attrs }, "perm");
  const perm = given.length > 0 ? [...given] : Array.from({ length: rank }, (_, i) => rank - 1 - i);
  if (perm.length !== rank || perm.some((p) => p < 0 || p >= rank) || new Set(perm).size < rank)
    fail(`'perm' [${perm}] is no permutation of ${rank} axes`);
  return perm;
}

const transpose: Operator = {
  name: "Transpose",
  level: "any",
  inputs: ["data: T"],
  outputs: 1,
  attrs: { perm: "ints" },
  infer: ({ inputs: [x], attrs }) => [
    { elem: x!.elem, shape: permutation(attrs, x!.shape.length).map((p) => x!.shape[p]!) },
  ],
  evaluate: ({ inputs: [x], attrs, types }) => {
    const own = rowMajorStrides(x!.shape);
    const steps = permutation(attrs, x!.shape.length).map((p) => own[p]!);
    return [gather(x!, types[0]!.shape, viewIndex(types[0]!.shape, steps))];
  },
  integer: moves,
};

function inferConcat({ inputs, attrs }: InferContext) {
  const first = inputs[0]!;
  const axis = normalAxis(num({ attrs }, "axis"), first.shape.length);
  const sizes = inputs.map((t) => {
    const fits =
      t!.shape.length === first.shape.length &&
      t!.shape.every((d, i) => i === axis || d === first.shape[i]);
    if (!fits) fail(`cannot join [${first.shape}] and [${t!.shape}] along axis ${axis}`);
    return t!.shape[axis]!;
  });
  const shape = first.shape.map((d, i) => (i === axis ? sizes.reduce((a, b) => a + b) : d));
  return [{ elem: first.elem, shape }];
}

const concat: Operator = {
  name: "Concat",
  level: "any",
  inputs: ["inputs*: T"],
  outputs: 1,
  attrs: { axis: "int" },
  infer: inferConcat,
  evaluate: ({ inputs, attrs, types }) => {
    const { elem, shape } = types[0]!;
    const axis = normalAxis(num({ attrs }, "axis"), shape.length);
    const inner = elementCount(shape.slice(axis + 1));
    const outer = elementCount(shape.slice(0, axis));
    const data = newArray(elem, elementCount(shape));
    let at = 0;
    for (let o = 0; o < outer; o++)
      for (const x of inputs) {
        const size = x!.shape[axis]! * inner;
        data.set(x!.data.subarray(o * size, (o + 1) * size) as never, at);
        at += size;
      }
    return [{ elem, shape, data }];
  },
  rows: (node) =>
    normalAxis(num(node, "axis"), node.outputs[0]!.type.shape.length) > 1 ? sameRow : undefined,
  integer: { ...moves, roles: ["activation"] },
};

const partsMax = 2 ** 16;

/** Sizes of the parts of a Split: given, or as equal as can be. */
function splitSizes(context: InferContext): number[] {
  const shape = context.inputs[0]!.shape;
  const size = shape[normalAxis(num(context, "axis"), shape.length)]!;
  if (context.inputs[1] !== undefined) {
    const given = constantInts(context, 1, "split");
    if (given.reduce((a, b) => a + b, 0) !== size)
      fail(`'split' [${given}] does not add to ${size}`);
    return given;
  }
  const count = num(context, "num_outputs", context.outputCount);
  if (!(count >= 1 && count <= partsMax)) fail(`'num_outputs' is ${count}`);
  const part = Math.ceil(size / count);
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(part, size - i * part)));
}

const split: Operator = {
  name: "Split",
  level: "imported",
  inputs: ["input: T", "split?: I"],
  outputs: "any",
  attrs: { axis: "int", split: "ints", num_outputs: "int" },
  types: indexTypes,
  upgrade: (node, opset) => (opset < 13 ? attributeToInput(node, "split", 1) : node),
  declares: {
    inputs: [1],
    take: (node, shapes) => {
      const sizes = shapes.map((s) => s[normalAxis(num(node, "axis"), s.length)]!);
      return { ...node, inputs: [node.inputs[0], constant(int64s(sizes))] };
    },
  },
  infer: (context) => {
    const { elem, shape } = context.inputs[0]!;
    const axis = normalAxis(num(context, "axis"), shape.length);
    return splitSizes(context).map((size) => ({
      elem,
      shape: shape.map((d, i) => (i === axis ? size : d)),
    }));
  },
  evaluate: ({ inputs: [x], attrs, types }) => {
    const axis = normalAxis(num({ attrs }, "axis"), x!.shape.length);
    const steps = rowMajorStrides(x!.shape);
    let begin = 0;
    return types.map(({ shape }) => {
      const part = gather(x!, shape, viewIndex(shape, steps, begin * steps[axis]!));
      begin += shape[axis]!;
      return part;
    });
  },
};

interface SliceView {
  readonly shape: number[];
  readonly begins: number[];
  readonly strides: number[];
}

/** Start, step and size on every axis, as ONNX clamps them. */
export function sliceView(
  shape: Shape,
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[],
  steps: readonly number[],
): SliceView {
  const view: SliceView = {
    shape: [...shape],
    begins: shape.map(() => 0),
    strides: shape.map(() => 1),
  };
  axes.forEach((given, i) => {
    const axis = normalAxis(given, shape.length);
    const size = shape[axis]!;
    const step = steps[i]!;
    if (step === 0) fail("a slice with step 0");
    const clampTo = (x: number, low: number, high: number) =>
      Math.min(high, Math.max(low, x < 0 ? x + size : x));
    const begin = step > 0 ? clampTo(starts[i]!, 0, size) : clampTo(starts[i]!, 0, size - 1);
    const end = step > 0 ? clampTo(ends[i]!, 0, size) : clampTo(ends[i]!, -1, size - 1);
    view.shape[axis] = Math.max(0, Math.ceil((end - begin) / step));
    view.begins[axis] = begin;
    view.strides[axis] = step;
  });
  return view;
}

const isAxis = (axis: number, rank: number): boolean => axis >= -rank && axis < rank;

/** As the C has it: of axes that are read at run time those that are none count for nothing. */
function runTimeSlice({ inputs, constant }: InferContext) {
  const { shape } = inputs[0]!;
  const [starts, , axes, steps] = [1, 2, 3, 4].map((at) => constant(at) && numbers(constant(at)!));
  const view = { begins: shape.map(() => 0), strides: shape.map(() => 1) };
  for (let k = 0; k < starts!.length; k++) {
    const [given, start, step] = [axes?.[k] ?? k, starts![k]!, steps?.[k] ?? 1];
    if (!isAxis(given, shape.length)) continue;
    const axis = normalAxis(given, shape.length);
    const size = shape[axis]!;
    view.begins[axis] = clamp(start < 0 ? start + size : start, 0, step < 0 ? size - 1 : size);
    view.strides[axis] = step;
  }
  return view;
}

function sliceOf(context: InferContext): SliceView {
  const { shape } = context.inputs[0]!;
  const starts = constantInts(context, 1, "starts");
  const ends = constantInts(context, 2, "ends");
  const axes = context.inputs[3] ? constantInts(context, 3, "axes") : starts.map((_, i) => i);
  const steps = context.inputs[4] ? constantInts(context, 4, "steps") : starts.map(() => 1);
  if (new Set(axes.map((a) => normalAxis(a, shape.length))).size < axes.length)
    fail(`'axes' [${axes}] names an axis twice`);
  return sliceView(shape, starts, ends, axes, steps);
}

const lengthOf = (type: TensorType): number => elementCount(type.shape);

/** Each operand says something of each axis. */
function checkSlice({ inputs: [x, ...operands] }: InferContext): void {
  const lengths = new Set(operands.flatMap((t) => (t ? [lengthOf(t)] : [])));
  if (lengths.size > 1) fail("'starts', 'ends', 'axes' and 'steps' differ in length");
  const [length] = lengths as Iterable<number>;
  if (length! > x!.shape.length)
    fail(`slices ${length} axes of a tensor of rank ${x!.shape.length}`);
}

/** Whether the inputs, from the second on, are known. */
const isKnown = ({ inputs, constant }: InferContext): boolean =>
  inputs.every((t, i) => i === 0 || t === undefined || constant(i) !== undefined);

/** The declared shape, where what decides it is not known. */
function openShape(context: InferContext): Shape | undefined {
  const declared = declaredShape(context);
  if (declared === undefined || isKnown(context)) return undefined;
  const { length } = context.inputs[0]!.shape;
  if (declared.length !== length) fail(`the declared shape [${declared}] is not of rank ${length}`);
  return declared;
}

/** Columns and channels are taken row by row. */
function slicedRows(node: Node): RowsRead | undefined {
  if (openShape(contextOf(node))) return undefined;
  const { shape, begins, strides } = sliceOf(contextOf(node));
  const isWhole = begins[1] === 0 && strides[1] === 1 && shape[1] === node.inputs[0]!.type.shape[1];
  return isWhole ? sameRow : undefined;
}

/** Flat indices of an operand, of these steps, by the index on each axis. */
function indicesBy(
  shape: Shape,
  steps: readonly number[],
  index: (i: number, axis: number) => number,
): number[] {
  let flat = [0];
  for (const [axis, size] of shape.entries()) {
    const own = Array.from({ length: size }, (_, i) => index(i, axis) * steps[axis]!);
    flat = flat.flatMap((a) => own.map((b) => a + b));
  }
  return flat;
}

/** The view a Slice node takes of its first input; its other inputs are constants. */
export const slice: Operator = {
  name: "Slice",
  level: "any",
  inputs: ["data: T", "starts: I", "ends: I", "axes?: I", "steps?: I"],
  outputs: 1,
  attrs: { starts: "ints", ends: "ints", axes: "ints", ...declaredAttr },
  declares: { inputs: [1, 2, 3, 4] },
  types: indexTypes,
  upgrade: (node, opset) =>
    opset < 10
      ? attributeToInput(
          attributeToInput(attributeToInput(node, "starts", 1), "ends", 2),
          "axes",
          3,
        )
      : node,
  infer: (context) => {
    checkSlice(context);
    const shape = openShape(context) ?? sliceOf(context).shape;
    return [{ elem: context.inputs[0]!.elem, shape }];
  },
  evaluate: ({ inputs, inputTypes, attrs, types }) => {
    const context = {
      inputs: inputTypes,
      attrs,
      outputCount: 1,
      constant: (i: number) => inputs[i],
    };
    const x = inputs[0]!;
    const own = rowMajorStrides(x.shape);
    if (declaredShape(context)) {
      const { begins, strides } = runTimeSlice(context);
      const nearest = (k: number, axis: number) => clamp(k, 0, x.shape[axis]! - 1);
      const index = (i: number, axis: number) => nearest(begins[axis]! + i * strides[axis]!, axis);
      return [gather(x, types[0]!.shape, indicesBy(types[0]!.shape, own, index))];
    }
    const { begins, strides } = sliceOf(context);
    const start = begins.reduce((sum, b, i) => sum + b * own[i]!, 0);
    const steps = strides.map((s, i) => s * own[i]!);
    return [gather(x, types[0]!.shape, viewIndex(types[0]!.shape, steps, start))];
  },
  rows: slicedRows,
  integer: moves,
};

const expand: Operator = {
  name: "Expand",
  level: "any",
  inputs: ["input: T", "shape: I"],
  outputs: 1,
  attrs: {},
  types: indexTypes,
  declares: declaredAsInput(1),
  infer: (context) => {
    const { elem, shape } = context.inputs[0]!;
    return [{ elem, shape: broadcastShapes([shape, constantInts(context, 1, "shape")]) }];
  },
  evaluate: ({ inputs: [x], types }) => [
    gather(x!, types[0]!.shape, broadcastIndex(x!.shape, types[0]!.shape)),
  ],
  integer: moves,
};

const gatherOperator: Operator = {
  name: "Gather",
  level: "any",
  inputs: ["data: T", "indices: I"],
  outputs: 1,
  attrs: { axis: "int" },
  types: indexTypes,
  infer: (context) => {
    const {
      inputs: [x, i],
      attrs,
    } = context;
    const axis = normalAxis(num({ attrs }, "axis"), x!.shape.length);
    checkIndices(context, 1, [x!.shape[axis]!]);
    const shape = [...x!.shape.slice(0, axis), ...i!.shape, ...x!.shape.slice(axis + 1)];
    return [{ elem: x!.elem, shape }];
  },
  evaluate: ({ inputs: [x, i], attrs, types }) => {
    const axis = normalAxis(num({ attrs }, "axis"), x!.shape.length);
    const [size, inner] = [x!.shape[axis]!, elementCount(x!.shape.slice(axis + 1))];
    const at = Array.from(numbers(i!), (k) => nearestIndex(k, size));
    const from: number[] = [];
    for (let o = 0; o < elementCount(x!.shape.slice(0, axis)); o++)
      for (const k of at) for (let j = 0; j < inner; j++) from.push((o * size + k) * inner + j);
    return [gather(x!, types[0]!.shape, from)];
  },
  integer: moves,
};

// ---- pads ----

function padsOf(context: InferContext): { begin: number[]; end: number[] } {
  const rank = context.inputs[0]!.shape.length;
  const pads = constantInts(context, 1, "pads");
  const isOpen = declaredShape(context) !== undefined;
  const axes = context.inputs[3]
    ? constantInts(context, 3, "axes").map((a) =>
        isOpen && !isAxis(a, rank) ? -1 : normalAxis(a, rank),
      )
    : Array.from({ length: rank }, (_, i) => i);
  const at = (axis: number, half: number) => {
    const i = axes.indexOf(axis);
    return i < 0 ? 0 : pads[i + half * axes.length]!;
  };
  const all = Array.from({ length: rank }, (_, i) => i);
  return { begin: all.map((i) => at(i, 0)), end: all.map((i) => at(i, 1)) };
}

/** There are two pads for each axis that is named. */
function checkPads({ inputs: [x, pads, , axes] }: InferContext): void {
  const count = axes ? lengthOf(axes) : x!.shape.length;
  if (lengthOf(pads!) !== 2 * count)
    fail(`'pads' has ${lengthOf(pads!)} numbers, not ${2 * count}`);
}

/** Index into an axis of `size` for position `i` outside it, or −1 for the pad value. */
function padIndex(mode: string, i: number, size: number): number {
  if (i >= 0 && i < size) return i;
  if (mode === "edge") return i < 0 ? 0 : size - 1;
  if (mode === "wrap") return ((i % size) + size) % size;
  if (mode !== "reflect") return -1;
  const period = Math.max(1, 2 * (size - 1));
  const k = ((i % period) + period) % period;
  return k < size ? k : period - k;
}

/** Pads that are read at run time count for no more. */
const padMax = 2 ** 40;

export const padModes = ["constant", "edge", "reflect", "wrap"] as const;

const pad: Operator = {
  name: "Pad",
  level: "any",
  inputs: ["data: T", "pads: I", "constant_value?: T", "axes?: I"],
  outputs: 1,
  attrs: { mode: padModes, pads: "ints", value: "float", ...declaredAttr },
  declares: { inputs: [1, 3] },
  types: indexTypes,
  upgrade: (node, opset) =>
    opset < 11 ? attributeToInput(attributeToInput(node, "pads", 1), "value", 2) : node,
  infer: (context) => {
    checkPads(context);
    const open = openShape(context);
    if (open) return [{ elem: context.inputs[0]!.elem, shape: open }];
    const { begin, end } = padsOf(context);
    const shape = context.inputs[0]!.shape.map((d, i) => d + begin[i]! + end[i]!);
    if (shape.some((d) => d < 0)) fail(`negative pads remove more than there is`);
    return [{ elem: context.inputs[0]!.elem, shape }];
  },
  evaluate: ({ inputs, inputTypes, attrs, types }) => {
    const x = inputs[0]!;
    const context = {
      inputs: inputTypes,
      attrs,
      outputCount: 1,
      constant: (i: number) => inputs[i],
    };
    const begin = padsOf(context).begin.map((b) => clamp(b, -padMax, padMax));
    const mode = str({ attrs }, "mode", "constant");
    const { shape } = types[0]!;
    const own = rowMajorStrides(x.shape);
    const data = newArray(x.elem, elementCount(shape));
    const absent = inputTypes[0]?.quant?.zeroPoint[0] ?? 0;
    const value = inputs[2]?.data[0] ?? (x.elem.includes("int64") ? 0n : absent);
    const out = rowMajorStrides(shape);
    for (let i = 0; i < data.length; i++) {
      let from = 0;
      for (let axis = 0; axis < shape.length && from >= 0; axis++) {
        const position = Math.floor(i / out[axis]!) % shape[axis]!;
        const k = padIndex(mode, position - begin[axis]!, x.shape[axis]!);
        from = k < 0 ? -1 : from + k * own[axis]!;
      }
      data[i] = from < 0 ? value : x.data[from]!;
    }
    return [{ elem: x.elem, shape, data }];
  },
  rows: padRows,
  integer: { ...moves, roles: ["activation", "plain", "activation", "plain"] },
};

/** Rows of one value above and below those of the input. */
function padRows(node: Node): RowsRead | undefined {
  if (openShape(contextOf(node)) || str(node, "mode", "constant") !== "constant") return undefined;
  const { begin } = padsOf(contextOf(node));
  return (row) => [row - begin[1]!, row - begin[1]! + 1];
}

export const movementOperators: readonly Operator[] = [
  transpose,
  concat,
  split,
  slice,
  expand,
  gatherOperator,
  pad,
];

/** Pads: with one value, or with elements of the input. */
import { constantOf, type Node, str } from "../ir/graph.ts";
import { type Tensor, tensorBytes, tensorOf } from "../ir/tensor.ts";
import { elementBytes, rowMajorStrides } from "../ir/types.ts";
import { constantInts } from "../ops/move.ts";
import { contextOf, normalAxis } from "../ops/operator.ts";
import {
  type Binding,
  count,
  type Fields,
  inputType,
  isConstant,
  type Kernel,
  oneInput,
  outputType,
  tableArray,
} from "./kernel.ts";
import {
  bits,
  type Copy,
  copyFields,
  hasConstantRest,
  keepsType,
  sizesInBits,
} from "./movement.ts";

/** Elements added (or, where negative, taken away) before and behind each axis. */
function padsOf(node: Node): { begin: number[]; end: number[] } {
  const context = contextOf(node);
  const rank = inputType(node).shape.length;
  const pads = constantInts(context, 1, "pads");
  const all = Array.from({ length: rank }, (_, i) => i);
  const given = node.inputs[3] ? constantInts(context, 3, "axes") : all;
  const axes = given.map((a) => normalAxis(a, rank));
  const at = (half: number) =>
    all.map((axis) => {
      const i = axes.indexOf(axis);
      return i < 0 ? 0 : pads[i + half * axes.length]!;
    });
  return { begin: at(0), end: at(1) };
}

/** The part of the output that the input's elements fill. */
function padCopy(node: Node): Copy {
  const [from, to] = [inputType(node).shape, outputType(node).shape];
  const { begin } = padsOf(node);
  const [x, y] = [rowMajorStrides(from), rowMajorStrides(to)];
  const first = begin.map((b) => Math.max(0, b));
  const sizes = first.map((f, i) => Math.min(to[i]!, begin[i]! + from[i]!) - f);
  const offset = (steps: readonly number[], at: (axis: number) => number) =>
    steps.reduce((sum, step, axis) => sum + step * at(axis), 0);
  const xStart = offset(x, (axis) => first[axis]! - begin[axis]!);
  return {
    sizes: sizes.map((s) => Math.max(0, s)),
    x,
    y,
    xStart,
    yStart: offset(y, (a) => first[a]!),
  };
}

/** The element that stands where the input does not: ONNX's zero is a zero point where stored. */
function padValue(node: Node): Tensor {
  const { elem, quant } = inputType(node);
  return constantOf(node.inputs[2]) ?? tensorOf(elem, [], [quant?.zeroPoint[0] ?? 0]);
}

function valueFields(node: Node): Fields {
  const bytes = new Uint8Array(8);
  bytes.set(tensorBytes(padValue(node)).slice(0, elementBytes(inputType(node).elem)));
  const [value, high] = new Int32Array(bytes.buffer);
  return { value: value!, value_high: high! };
}

const padFields = (node: Node): Fields => ({
  copy: copyFields(padCopy(node)),
  count: count(node),
  ...valueFields(node),
});

/** Whether one image is padded, in rows and columns alone. */
function isFramed(node: Node): boolean {
  const { begin, end } = padsOf(node);
  const isImage = inputType(node).shape.length === 4 && inputType(node).shape[0] === 1;
  return isImage && [0, 3].every((axis) => begin[axis] === 0 && end[axis] === 0);
}

/** The C struct `mote_pad_rows_shape`. */
function rowFields(node: Node): Fields {
  const [, height, width, inner] = inputType(node).shape as [number, number, number, number];
  const { begin } = padsOf(node);
  const { sizes } = padCopy(node);
  return {
    in_h: height,
    x_row: width * inner,
    y_row: outputType(node).shape[2]! * inner,
    top: begin[1]!,
    skipped: Math.max(0, -begin[2]!) * inner,
    before: Math.max(0, begin[2]!) * inner,
    kept: sizes[2]! * inner,
    ...valueFields(node),
  };
}

const padsWithValue = (node: Node): boolean => str(node, "mode", "constant") === "constant";

/** float16 constants are kept as float32. */
const hasKnownValue = (node: Node): boolean =>
  outputType(node).elem !== "float16" || node.inputs[2] === undefined;

const isServed = (node: Node, size: number): boolean =>
  keepsType(node) &&
  bits(node) === size &&
  hasConstantRest(node) &&
  padsWithValue(node) &&
  hasKnownValue(node);

const pad = (size: number): Kernel => ({
  name: `pad_${size}`,
  header: "pad.h",
  ops: ["Pad"],
  serves: (node) => isServed(node, size) && !isFramed(node),
  cost: (node) => count(node) * 6,
  bind: (node) => oneInput("mote_pad_shape", padFields(node)),
});

/** Elements that are filled or copied take as many instructions. */
const padRows = (size: number): Kernel => ({
  name: `pad_rows_${size}`,
  header: "pad.h",
  ops: ["Pad"],
  serves: (node) => isServed(node, size) && isFramed(node),
  rowsAtOnce: () => 1,
  cost: (node) => count(node) * 2 + outputType(node).shape[1]! * 30,
  bind: (node) => ({
    ...oneInput("mote_pad_rows_shape", rowFields(node)),
    takesRows: "scattered",
  }),
});

const isKnown = (node: Node, input: number): boolean =>
  !node.inputs[input] || isConstant(node.inputs[input]);

/** The value is an operand that is computed. */
const padValued = (size: number): Kernel => ({
  name: `pad_value_${size}`,
  header: "pad.h",
  ops: ["Pad"],
  serves: (node) =>
    keepsType(node) &&
    bits(node) === size &&
    padsWithValue(node) &&
    isKnown(node, 1) &&
    !isKnown(node, 2) &&
    isKnown(node, 3),
  cost: (node) => count(node) * 6,
  bind: (node) => {
    const shape = { copy: copyFields(padCopy(node)), count: count(node) };
    return { ...oneInput("mote_pad_value_shape", shape), inputs: [0, 2] };
  },
});

/** Index of the element of an axis that stands at `i`, which may be outside. */
function indexInside(mode: string, i: number, size: number): number {
  if (mode === "edge") return Math.min(size - 1, Math.max(0, i));
  if (mode === "wrap") return ((i % size) + size) % size;
  const period = Math.max(1, 2 * (size - 1));
  const k = ((i % period) + period) % period;
  return k < size ? k : period - k;
}

/** By axis of the output, offsets of its indices into the input; unpadded neighbours are one. */
function padOffsets(node: Node): number[][] {
  const [from, to] = [inputType(node).shape, outputType(node).shape];
  const { begin, end } = padsOf(node);
  const own = rowMajorStrides(from);
  const mode = str(node, "mode");
  const tables: number[][] = [];
  let mergeable = false;
  for (const [axis, size] of to.entries()) {
    const table = Array.from(
      { length: size },
      (_, i) => own[axis]! * indexInside(mode, i - begin[axis]!, from[axis]!),
    );
    const isPlain = begin[axis] === 0 && end[axis] === 0;
    if (isPlain && size === 1) continue;
    if (isPlain && mergeable) tables.push(tables.pop()!.flatMap((a) => table.map((b) => a + b)));
    else tables.push(table);
    mergeable = isPlain;
  }
  return tables;
}

function takeBinding(node: Node): Binding {
  const tables = padOffsets(node);
  while (tables.length < 4) tables.unshift([0]);
  const shape = { size: tables.map((t) => t.length) };
  const offsets = tableArray("offsets", "int32", Int32Array.from(tables.flat()));
  return { ...oneInput("mote_take_shape", shape), constants: [offsets] };
}

const take = (size: number): Kernel => ({
  name: `take_${size}`,
  header: "pad.h",
  ops: ["Pad"],
  serves: (node) =>
    keepsType(node) &&
    bits(node) === size &&
    hasConstantRest(node) &&
    !padsWithValue(node) &&
    padOffsets(node).length <= 4,
  cost: (node) => count(node) * 8,
  bind: takeBinding,
});

export const padKernels: readonly Kernel[] = sizesInBits.flatMap((size) => [
  pad(size),
  padRows(size),
  padValued(size),
  take(size),
]);

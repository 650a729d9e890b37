/** Kernels that go along an axis: largest elements, running sums, one-hot codes, reversals. */
import { type Node, num } from "../ir/graph.ts";
import { type ElementType, elementBytes, elementCount, rowMajorStrides } from "../ir/types.ts";
import { axisSpan } from "../ops/axes.ts";
import { oneHotAxis } from "../ops/create.ts";
import { cumulativeTypes } from "../ops/cumulative.ts";
import {
  count,
  type Fields,
  hasTypes,
  inputType,
  type Kernel,
  oneInput,
  outputType,
} from "./kernel.ts";
import { bits, keepsType, sizesInBits } from "./movement.ts";
import { numberName, numberTypes } from "./names.ts";

const isPlain = (node: Node, elem: ElementType): boolean =>
  inputType(node).elem === elem && !inputType(node).quant;

// ---- the largest or smallest ----

const argReduce = (op: string, elem: ElementType): Kernel => ({
  name: `${op.toLowerCase()}_${numberName(elem)}`,
  header: "arg_reduce.h",
  ops: [op],
  serves: (node) => {
    const { elem: own, quant } = inputType(node);
    return own === elem && (quant?.scale.length ?? 1) === 1;
  },
  cost: (node) => elementCount(inputType(node).shape) * 6,
  bind: (node) =>
    oneInput("mote_arg_reduce_shape", {
      ...axisSpan(inputType(node).shape, num(node, "axis")),
      last: num(node, "select_last_index"),
    }),
});

const topK = (name: string, largest: number, elem: ElementType): Kernel => ({
  name: `${name}_${numberName(elem)}`,
  header: "top_k.h",
  ops: ["TopK"],
  serves: (node) => isPlain(node, elem) && num(node, "largest", 1) === largest,
  cost: (node) => elementCount(inputType(node).shape) * 8 + count(node) * 20,
  bind: (node) => {
    const axis = num(node, "axis", -1);
    const { size: k } = axisSpan(outputType(node).shape, axis);
    return oneInput("mote_top_k_shape", { ...axisSpan(inputType(node).shape, axis), k });
  },
});

// ---- running sums and products ----

const rankMax = 8;

function cumulativeFields(node: Node): Fields {
  const { shape } = inputType(node);
  return {
    rank: shape.length,
    size: Array.from({ length: rankMax }, (_, i) => shape[i] ?? 1),
    count: elementCount(shape),
    axis_bytes: elementBytes(inputType(node, 1).elem),
    exclusive: num(node, "exclusive"),
    reverse: num(node, "reverse"),
  };
}

const cumulative = (op: string, elem: ElementType): Kernel => ({
  name: `${op.toLowerCase()}_${numberName(elem)}`,
  header: "cumulative.h",
  ops: [op],
  serves: (node) => isPlain(node, elem) && inputType(node).shape.length <= rankMax,
  inPlace: [0],
  cost: (node) => count(node) * 8,
  bind: (node) => ({
    ...oneInput("mote_cumulative_shape", cumulativeFields(node)),
    inputs: [0, 1],
  }),
});

// ---- one value at an index ----

const oneHot = (size: number): Kernel => ({
  name: `one_hot_${size}`,
  header: "one_hot.h",
  ops: ["OneHot"],
  serves: (node) => bits(node) === size && /^int(32|64)$/.test(inputType(node).elem),
  cost: (node) => count(node) * 8,
  bind: (node) => {
    const indices = inputType(node);
    const axis = oneHotAxis(node.attrs, indices.shape);
    const { size: depth, outer, inner } = axisSpan(outputType(node).shape, axis);
    const fields = { outer, depth, inner, index_bytes: elementBytes(indices.elem) };
    return { ...oneInput("mote_one_hot_shape", fields), inputs: [0, 2] };
  },
});

// ---- triangles ----

const trilu = (size: number): Kernel => ({
  name: `trilu_${size}`,
  header: "trilu.h",
  ops: ["Trilu"],
  serves: (node) =>
    keepsType(node) && bits(node) === size && !outputType(node).quant && node.inputs.length === 2,
  inPlace: [0],
  cost: (node) => count(node) * 6,
  bind: (node) => {
    const { shape } = outputType(node);
    const [rows, columns] = shape.slice(-2) as [number, number];
    const batch = elementCount(shape.slice(0, -2));
    const fields = { batch, rows, columns, upper: num(node, "upper", 1) };
    return { ...oneInput("mote_trilu_shape", fields), inputs: [0, 1] };
  },
});

// ---- reversals ----

const reverseSequence: Kernel = {
  name: "reverse_sequence",
  header: "reverse_sequence.h",
  ops: ["ReverseSequence"],
  serves: keepsType,
  cost: (node) => count(node) * 3,
  bind: (node) => {
    const { shape, elem } = outputType(node);
    const timeFirst = num(node, "time_axis") === 0;
    const [first, second] = shape as [number, number];
    const fields = {
      batch: timeFirst ? second : first,
      time: timeFirst ? first : second,
      bytes: elementBytes(elem) * (rowMajorStrides(shape)[1] ?? 1),
      time_first: Number(timeFirst),
    };
    return { ...oneInput("mote_reverse_sequence_shape", fields), inputs: [0, 1] };
  },
};

// ---- numbers in a row ----

const range = (elem: ElementType): Kernel => ({
  name: `range_${numberName(elem)}`,
  header: "range.h",
  ops: ["Range"],
  serves: (node) => hasTypes(node, [elem, elem, elem], elem),
  cost: (node) => count(node) * 5 + 100,
  bind: (node) => ({
    ...oneInput("mote_range_shape", { count: count(node) }),
    inputs: [0, 1, 2],
  }),
});

const rangeTypes = ["float32", "float64", "int16", "int32", "int64"] as const;

export const selectionKernels: readonly Kernel[] = [
  ...["ArgMax", "ArgMin"].flatMap((op) => numberTypes.map((elem) => argReduce(op, elem))),
  ...numberTypes.flatMap((elem) => [topK("top_k", 1, elem), topK("bottom_k", 0, elem)]),
  ...["CumSum", "CumProd"].flatMap((op) =>
    numberTypes.filter((e) => cumulativeTypes.includes(e)).map((elem) => cumulative(op, elem)),
  ),
  ...sizesInBits.map(oneHot),
  ...sizesInBits.map(trilu),
  reverseSequence,
  ...rangeTypes.map(range),
];

/** Kernels whose results are as long as the values say, up to a bound; and sums of products. */
import { type Node, num } from "../ir/graph.ts";
import { type ElementType, elementBytes, elementCount } from "../ir/types.ts";
import { spanOrFlat } from "../ops/bounded.ts";
import { einsumOf, labelSteps, summedLabels } from "../ops/einsum.ts";
import { mergeAxes, type Nest, nestOf } from "./axes.ts";
import {
  count,
  type Fields,
  hasTypes,
  inputType,
  type Kernel,
  oneInput,
  outputType,
} from "./kernel.ts";
import { keepsType } from "./movement.ts";
import { numberName, numberTypes, storedAs } from "./names.ts";

const compress: Kernel = {
  name: "compress",
  header: "compress.h",
  ops: ["Compress"],
  serves: (node) => keepsType(node) && !outputType(node).quant,
  cost: (node) => count(node) * 4,
  bind: (node) => {
    const { shape, elem } = inputType(node);
    const { outer, size, inner } = spanOrFlat(shape, node.attrs);
    const fields = {
      outer,
      size,
      bytes: inner * elementBytes(elem),
      length: inputType(node, 1).shape[0]!,
      count: count(node) / (outer * inner),
    };
    return { ...oneInput("mote_compress_shape", fields), inputs: [0, 1] };
  },
};

const rankMax = 8;

const nonZero: Kernel = {
  name: "non_zero",
  header: "non_zero.h",
  ops: ["NonZero"],
  serves: (node) => inputType(node).elem === "bool" && inputType(node).shape.length <= rankMax,
  cost: (node) => elementCount(inputType(node).shape) * 3 + count(node) * 15,
  bind: (node) => {
    const { shape } = inputType(node);
    return oneInput("mote_non_zero_shape", {
      count: elementCount(shape),
      rank: shape.length,
      size: Array.from({ length: rankMax }, (_, i) => shape[i] ?? 1),
      most: outputType(node).shape[1]!,
    });
  },
};

const unique = (elem: ElementType): Kernel => ({
  name: `unique_${numberName(elem)}`,
  header: "unique.h",
  ops: ["Unique"],
  serves: (node) =>
    storedAs(inputType(node).elem) === elem && !inputType(node).quant && node.outputs.length === 4,
  scratchBytes: (node) => spanOrFlat(inputType(node).shape, node.attrs).size * 4,
  cost: (node) => elementCount(inputType(node).shape) * node.outputs[1]!.type.shape[0]! * 10,
  bind: (node) =>
    oneInput("mote_unique_shape", {
      ...spanOrFlat(inputType(node).shape, node.attrs),
      most: node.outputs[1]!.type.shape[0]!,
      sorted: num(node, "sorted", 1),
    }),
});

const nonMaxSuppression: Kernel = {
  name: "non_max_suppression",
  header: "non_max_suppression.h",
  ops: ["NonMaxSuppression"],
  serves: (node) => node.inputs.length === 5 && node.inputs.every((v) => v),
  scratchBytes: (node) => inputType(node).shape[1]!,
  cost: (node) => outputType(node).shape[0]! * inputType(node).shape[1]! * 40,
  bind: (node) => {
    const [batch, classes, boxes] = inputType(node, 1).shape as [number, number, number];
    const most = outputType(node).shape[0]!;
    const fields = { batch, classes, boxes, most, centred: num(node, "center_point_box") };
    const call = oneInput("mote_non_max_suppression_shape", fields);
    return { ...call, inputs: [0, 1, 2, 3, 4] };
  },
};

// ---- Einstein's notation ----

const [keptMax, summedMax] = [8, 4];

/** Axes of the result, and those that are summed over, with both operands' steps. */
function einsumNests(node: Node): { kept: Nest; summed: Nest } {
  const shapes = node.inputs.map((v) => v!.type.shape);
  const equation = einsumOf(node.attrs, shapes);
  const nest = (labels: readonly string[]): Nest => ({
    sizes: labels.map((l) => equation.sizes.get(l)!),
    steps: shapes.map((shape, i) => labelSteps(shape, equation.operands[i]!, labels)),
  });
  return { kept: nest(equation.output), summed: nest(summedLabels(equation)) };
}

const fitsLoops = (node: Node): boolean => {
  const { kept, summed } = einsumNests(node);
  return mergeAxes(kept).sizes.length <= keptMax && mergeAxes(summed).sizes.length <= summedMax;
};

function einsumFields(node: Node): Fields {
  const nests = einsumNests(node);
  const [kept, summed] = [nestOf(nests.kept, keptMax), nestOf(nests.summed, summedMax)];
  return {
    kept: [...kept.sizes],
    kept_a: [...kept.steps[0]!],
    kept_b: [...kept.steps[1]!],
    summed: [...summed.sizes],
    summed_a: [...summed.steps[0]!],
    summed_b: [...summed.steps[1]!],
    count: count(node),
  };
}

const einsum = (elem: ElementType): Kernel => ({
  name: `einsum_${numberName(elem)}`,
  header: "einsum.h",
  ops: ["Einsum"],
  serves: (node) =>
    node.inputs.length === 2 &&
    hasTypes(node, [elem, elem], elem) &&
    !outputType(node).quant &&
    fitsLoops(node),
  cost: (node) => count(node) * (100 + elementCount(einsumNests(node).summed.sizes) * 8),
  bind: (node) => ({ ...oneInput("mote_einsum_shape", einsumFields(node)), inputs: [0, 1] }),
});

export const boundedKernels: readonly Kernel[] = [
  compress,
  nonZero,
  ...numberTypes.map(unique),
  nonMaxSuppression,
  ...numberTypes.map(einsum),
];

/** Kernels of reads and writes at places that indices say. */
import { type Node, num, str } from "../ir/graph.ts";
import {
  type ElementType,
  elementBytes,
  elementCount,
  rowMajorStrides,
  type Shape,
} from "../ir/types.ts";
import { combinerNames } from "../ops/accumulate.ts";
import { axisSpan } from "../ops/axes.ts";
import { normalAxis } from "../ops/operator.ts";
import { mergeAxes, nestOf } from "./axes.ts";
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

const indexBytes = (node: Node): number => elementBytes(inputType(node, 1).elem);

// ---- indices along an axis ----

/** Steps of the first input along the axes of the indices, 0 along the one that they are for. */
function indexedNest(node: Node) {
  const steps = rowMajorStrides(inputType(node).shape);
  const axis = normalAxis(num(node, "axis"), steps.length);
  const own = steps.map((s, i) => (i === axis ? 0 : s));
  return { axis, steps, nest: { sizes: inputType(node, 1).shape, steps: [own] } };
}

const loopsMax = 6;
const fitsLoops = (node: Node): boolean =>
  mergeAxes(indexedNest(node).nest).sizes.length <= loopsMax;

/** The C struct `mote_indexed`. */
function indexedFields(node: Node): Fields {
  const { axis, steps, nest } = indexedNest(node);
  const loops = nestOf(nest, loopsMax);
  return {
    size: [...loops.sizes],
    step: [...loops.steps[0]!],
    axis_size: inputType(node).shape[axis]!,
    axis_step: steps[axis]!,
    index_bytes: indexBytes(node),
  };
}

const gatherElements = (size: number): Kernel => ({
  name: `gather_elements_${size}`,
  header: "gather_elements.h",
  ops: ["GatherElements"],
  serves: (node) => keepsType(node) && bits(node) === size && fitsLoops(node),
  cost: (node) => count(node) * 14,
  bind: (node) => ({
    ...oneInput("mote_gather_elements_shape", { indexed: indexedFields(node) }),
    inputs: [0, 1],
  }),
});

// ---- tuples of indices ----

const tupleDepthMax = 8;
const fitsTuples = (node: Node): boolean => inputType(node, 1).shape.at(-1)! <= tupleDepthMax;

/** The C struct `mote_tuples` of tuples into the first axes of this shape. */
function tupleFields(node: Node, shape: Shape, unit: number): Fields {
  const depth = inputType(node, 1).shape.at(-1)!;
  const steps = rowMajorStrides(shape).map((s) => s * unit);
  const list = (values: readonly number[]) =>
    Array.from({ length: tupleDepthMax }, (_, i) => (i < depth ? values[i]! : 0));
  return { depth, size: list(shape), step: list(steps), index_bytes: indexBytes(node) };
}

const gatherND: Kernel = {
  name: "gather_nd",
  header: "gather_nd.h",
  ops: ["GatherND"],
  serves: (node) => keepsType(node) && fitsTuples(node),
  cost: (node) => count(node) * 2 + elementCount(inputType(node, 1).shape) * 14,
  bind: (node) => {
    const batchDims = num(node, "batch_dims");
    const [{ shape, elem }, indices] = [inputType(node), inputType(node, 1).shape];
    const [own, unit] = [shape.slice(batchDims), elementBytes(elem)];
    const fields = {
      batch: elementCount(shape.slice(0, batchDims)),
      count: elementCount(indices.slice(batchDims, -1)),
      x_bytes: elementCount(own) * unit,
      bytes: elementCount(own.slice(indices.at(-1)!)) * unit,
      tuples: tupleFields(node, own, unit),
    };
    return { ...oneInput("mote_gather_nd_shape", fields), inputs: [0, 1] };
  },
};

// ---- scatters ----

/** As the C structs have it; 0 is no reduction. */
const reductionOf = (node: Node): number =>
  combinerNames.indexOf(str(node, "reduction", "none")) + 1;

interface Scatter {
  readonly name: string;
  readonly op: string;
  readonly fits: (node: Node) => boolean;
  readonly fields: (node: Node) => Fields;
}

const scatterShapes: readonly Scatter[] = [
  {
    name: "scatter_elements",
    op: "ScatterElements",
    fits: fitsLoops,
    fields: (node) => ({ indexed: indexedFields(node) }),
  },
  {
    name: "scatter_nd",
    op: "ScatterND",
    fits: fitsTuples,
    fields: (node) => {
      const [{ shape }, indices] = [inputType(node), inputType(node, 1).shape];
      return {
        rows: elementCount(indices.slice(0, -1)),
        slice: elementCount(shape.slice(indices.at(-1)!)),
        tuples: tupleFields(node, shape, 1),
      };
    },
  },
];

const scatter = (
  { name, op, fits, fields }: Scatter,
  suffix: string,
  serves: (node: Node) => boolean,
): Kernel => ({
  name: `${name}_${suffix}`,
  header: "scatter.h",
  ops: [op],
  serves: (node) => keepsType(node) && fits(node) && serves(node),
  inPlace: [0],
  cost: (node) => count(node) + elementCount(inputType(node, 2).shape) * 16,
  bind: (node) => ({
    ...oneInput(`mote_${name}_shape`, {
      count: count(node),
      reduction: reductionOf(node),
      ...fields(node),
    }),
    inputs: [0, 1, 2],
  }),
});

const replaces = (size: number) => (node: Node) => reductionOf(node) === 0 && bits(node) === size;
const combines = (elem: ElementType) => (node: Node) =>
  reductionOf(node) > 0 && hasTypes(node, [elem], elem) && !outputType(node).quant;

const scatters = scatterShapes.flatMap((shape) => [
  ...sizesInBits.map((size) => scatter(shape, `${size}`, replaces(size))),
  ...numberTypes.map((elem) => scatter(shape, numberName(elem), combines(elem))),
]);

const tensorScatter: Kernel = {
  name: "tensor_scatter",
  header: "tensor_scatter.h",
  ops: ["TensorScatter"],
  serves: (node) => keepsType(node) && !outputType(node).quant && node.inputs.length === 3,
  inPlace: [0],
  cost: (node) => count(node) + elementCount(inputType(node, 1).shape) * 3,
  bind: (node) => {
    const { shape, elem } = outputType(node);
    const axis = num(node, "axis", -2);
    const { outer, size, inner } = axisSpan(shape, axis);
    const fields = {
      batch: shape[0]!,
      outer: outer / shape[0]!,
      size,
      count: axisSpan(inputType(node, 1).shape, axis).size,
      bytes: inner * elementBytes(elem),
      circular: Number(str(node, "mode", "linear") === "circular"),
    };
    return { ...oneInput("mote_tensor_scatter_shape", fields), inputs: [0, 1, 2] };
  },
};

export const indexingKernels: readonly Kernel[] = [
  ...sizesInBits.map(gatherElements),
  gatherND,
  ...scatters,
  tensorScatter,
];

/** Float kernels for cores with an FPU: hot loops that keep sixteen or eight sums in registers. */
import { constant, constantOf, input, makeNode, type Node, num } from "../ir/graph.ts";
import { numbers, type Tensor } from "../ir/tensor.ts";
import { elementCount, type TensorType } from "../ir/types.ts";
import { clampOf } from "../ops/clamp.ts";
import { fail } from "../ops/operator.ts";
import {
  clampFields,
  filtersInnermost,
  geometry,
  hasConstantWeights,
  isDepthwise,
  macs,
  matrixFields,
  parameters,
  windowFields,
} from "./conv.ts";
import { grouped } from "./grouped.ts";
import {
  alignUp,
  type Binding,
  type ConstantArray,
  count,
  hasTypes,
  inputType,
  type Kernel,
  weightsArray,
} from "./kernel.ts";
import { blockRows, blocksFitInPlace, channelsFitInPlace, windowRows } from "./order.ts";
import { widened } from "./widened.ts";

const isFloat = (node: Node): boolean =>
  hasTypes(node, ["float32", "float32", "float32"], "float32") && hasConstantWeights(node);

/** What the cores can clamp to: nothing, [0, ∞] or [0, max]; undefined for any other range. */
function clampCode(node: Node): number | undefined {
  const { min, max } = clampOf(node.attrs);
  if (min === -Infinity && max === Infinity) return 0;
  if (min !== 0 || max < 0) return undefined;
  return max === Infinity ? 1 : 2;
}

const maxField = (node: Node) => ({
  float: Math.min(clampOf(node.attrs).max, 3.4028234663852886e38),
});

/** Filters as the cores take them. */
export interface Filters {
  /** [filter][product] */
  readonly weights: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
  readonly products: number;
  readonly filters: number;
}

export function filtersOf(node: Node): Filters {
  const w = constantOf(node.inputs[1])!;
  const filters = w.shape[0]!;
  const given = constantOf(node.inputs[2]) as Tensor | undefined;
  const bias = given ? numbers(given) : new Float32Array(filters);
  return { weights: numbers(w), bias, products: elementCount(w.shape) / filters, filters };
}

/** Filters in groups of `size`: a group's biases, then for each product the group's weights. */
export function inGroups(f: Filters, size: number, filters: number, products: number): number[] {
  const stream: number[] = [];
  for (let first = 0; first < filters; first += size) {
    for (let o = first; o < first + size; o++) stream.push(f.bias[o] ?? 0);
    for (let k = 0; k < products; k++)
      for (let o = first; o < first + size; o++)
        stream.push(o < f.filters && k < f.products ? f.weights[o * f.products + k]! : 0);
  }
  return stream;
}

const stream = (list: readonly number[]): ConstantArray =>
  weightsArray("weights", "float32", Float32Array.from(list));

const productsOf = (node: Node): number => alignUp(filtersOf(node).products, 4);
/** Groups of four filters that a call makes. */
const filterGroups = (node: Node): number => Math.ceil(geometry(node).filters / 4);

/** Whether the core may write a whole block's results to their own place. */
function isDirect(node: Node): boolean {
  const { filters, window, y } = geometry(node);
  const isDense = y[1] === 1 && y[2] === window.output[1]! * y[3];
  return filters % 4 === 0 && isDense;
}

/** Results go through scratch memory for pixels that are left over of some rows, too. */
const needsResults = (node: Node): boolean =>
  !isDirect(node) || geometry(node).window.output[1]! % 4 !== 0;

function bindConv(node: Node): Binding {
  const f = filtersOf(node);
  const [products, groups] = [productsOf(node), filterGroups(node)];
  return {
    core: { macro: "MOTE_CORE_F32_X4", arguments: [clampCode(node)!] },
    inputs: [0],
    constants: [stream(inGroups(f, 4, alignUp(f.filters, 4), products))],
    takesRows: "scattered",
    struct: "mote_conv_2d_f32_x4_shape",
    shape: {
      window: windowFields(node),
      products,
      filter_groups: groups,
      direct: isDirect(node) ? 1 : 0,
      max: maxField(node),
    },
  };
}

const conv: Kernel = {
  name: "conv_2d_f32_x4",
  header: "conv_2d_f32_x4.h",
  ops: ["Conv2D"],
  isa: ["fpu"],
  serves: (node) => isFloat(node) && num(node, "group", 1) === 1 && clampCode(node) !== undefined,
  scratchBytes: (node) =>
    16 * (productsOf(node) + (needsResults(node) ? 4 * filterGroups(node) : 0)),
  rowsAtOnce: (node) => blockRows(windowFields(node), 4),
  pixelsAtOnce: 4,
  inPlace: (node) => (blocksFitInPlace(node, windowFields(node), 4) ? [0] : []),
  cost: (node) => {
    const pixels = count(node) / geometry(node).filters;
    const blocks = Math.ceil(pixels / 4);
    const products = productsOf(node);
    return blocks * (products * (16 + 34.5 * filterGroups(node)) + 60 * filterGroups(node) + 150);
  },
  bind: bindConv,
};

function bindVector(node: Node): Binding {
  const f = filtersOf(node);
  const whole = Math.floor(f.filters / 8) * 8;
  const list = inGroups(f, 8, whole, f.products);
  for (let o = whole; o < f.filters; o++) {
    list.push(f.bias[o]!);
    for (let k = 0; k < f.products; k++) list.push(f.weights[o * f.products + k]!);
  }
  return {
    core: { macro: "MOTE_CORE_F32_VECTOR", arguments: [clampCode(node)!] },
    inputs: [0],
    constants: [stream(list)],
    takesRows: false,
    struct: "mote_fully_connected_f32_x8_shape",
    shape: { ...matrixFields(node), clamp: clampCode(node)!, max: maxField(node) },
  };
}

const fullyConnected: Kernel = {
  name: "fully_connected_f32_x8",
  header: "fully_connected_f32_x8.h",
  ops: ["FullyConnected"],
  isa: ["fpu"],
  serves: (node) =>
    isFloat(node) && inputType(node).shape[1]! % 4 === 0 && clampCode(node) !== undefined,
  rowsAtOnce: () => 1,
  cost: (node) => {
    const { filters } = filtersOf(node);
    const loose = (filters % 8) / filters;
    return macs(node) * (2.2 * (1 - loose) + 6 * loose) + count(node) * 6 + 60;
  },
  bind: bindVector,
};

const asPixels = new WeakMap<Node, Node>();

/** Rows of a fully connected layer as the pixels of one line, which a 1x1 convolution takes. */
function pixelsNode(node: Node): Node {
  const made = asPixels.get(node) ?? makePixelsNode(node);
  asPixels.set(node, made);
  return made;
}

function makePixelsNode(node: Node): Node {
  const [rows, products] = inputType(node).shape as [number, number];
  const w = constantOf(node.inputs[1])!;
  const filters = w.shape[0]!;
  const line = (channels: number): TensorType => ({
    elem: "float32",
    shape: [1, 1, rows, channels],
  });
  const weights = constant({ ...w, shape: [filters, 1, 1, products] });
  const inputs = [input("", line(products)), weights, node.inputs[2]];
  return makeNode({ op: "Conv2D", inputs, attrs: node.attrs, types: [line(filters)] });
}

/** Four rows at a time. */
const fullyConnectedRows: Kernel = {
  name: "fully_connected_f32_x4",
  header: conv.header,
  ops: ["FullyConnected"],
  isa: ["fpu"],
  measuredAs: conv.name,
  serves: (node) =>
    isFloat(node) && inputType(node).shape[0]! >= 4 && clampCode(node) !== undefined,
  scratchBytes: (node) => conv.scratchBytes!(pixelsNode(node)),
  cost: (node) => conv.cost(pixelsNode(node)),
  parts: (node) => [{ node: pixelsNode(node), kernel: conv, yStart: 0, rowStep: 1 }],
  bind: () => fail("it is called as a convolution"),
};

const isPlain = (node: Node): boolean => geometry(node).x[1] === 1 && geometry(node).y[1] === 1;

const depthwise: Kernel = {
  name: "depthwise_conv_2d_f32_c4",
  header: "depthwise_conv_2d_f32_c4.h",
  ops: ["Conv2D"],
  isa: ["fpu"],
  serves: (node) =>
    isFloat(node) &&
    isDepthwise(node) &&
    isPlain(node) &&
    geometry(node).filters === geometry(node).channels,
  rowsAtOnce: (node) => windowRows(windowFields(node), 1),
  inPlace: (node) => (channelsFitInPlace(node, windowFields(node)) ? [0] : []),
  cost: (node) => macs(node) * 4.5 + count(node) * 12,
  bind: (node) => ({
    inputs: [0],
    constants: parameters(node, filtersInnermost),
    takesRows: "scattered",
    struct: "mote_depthwise_conv_2d_f32_c4_shape",
    shape: { window: windowFields(node), ...clampFields(node) },
  }),
};

export const fpuKernels: readonly Kernel[] = [
  conv,
  grouped(conv, 4),
  fullyConnected,
  fullyConnectedRows,
  depthwise,
  widened(depthwise),
];

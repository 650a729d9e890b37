/** Resized images: rows and columns picked by index, or weighed. */
import { constantOf, type Node, num } from "../ir/graph.ts";
import { numbers } from "../ir/tensor.ts";
import { elementBytes, elementCount } from "../ir/types.ts";
import {
  fixedWeights,
  interpolationFactor,
  nodeTables,
  storedExtrapolation,
} from "../ops/interpolate.ts";
import type { Profile } from "../ops/numerics.ts";
import { normalAxis } from "../ops/operator.ts";
import type { AxisTable } from "../ops/taps.ts";
import {
  type Binding,
  type ConstantArray,
  count,
  type Fields,
  hasTypes,
  inputType,
  type Kernel,
  outputType,
  tableArray,
} from "./kernel.ts";
import { hasConstantRest, keepsType } from "./movement.ts";
import { axisRows } from "./order.ts";
import { literalRequantization } from "./requantization.ts";

/** The tensors as [outer][height][width][inner]; a single resized axis is the height. */
function imageFields(node: Node, axes: number) {
  const [from, to] = [inputType(node).shape, outputType(node).shape];
  const axis = normalAxis(num(node, "axis"), from.length);
  const width = (shape: readonly number[]) => (axes === 2 ? shape[axis + 1]! : 1);
  return {
    outer: elementCount(from.slice(0, axis)),
    in_h: from[axis]!,
    in_w: width(from),
    out_h: to[axis]!,
    out_w: width(to),
    inner: elementCount(from.slice(axis + axes)),
  };
}

const rowsAtOnce = (node: Node): number =>
  axisRows(node, normalAxis(num(node, "axis"), inputType(node).shape.length));

/** Whether rows of one image are made, which kernels can do in any number. */
const isByRows = (node: Node): boolean => {
  const { shape } = inputType(node);
  return shape.length === 4 && shape[0] === 1 && normalAxis(num(node, "axis"), 4) === 1;
};

/** The kernel for all else, and for rows of one image. */
const both = (kernel: Kernel): readonly Kernel[] => [
  { ...kernel, serves: (node) => kernel.serves(node) && !isByRows(node) },
  {
    ...kernel,
    name: `${kernel.name}_rows`,
    measuredAs: kernel.name,
    serves: (node) => kernel.serves(node) && isByRows(node),
    bind: (node, profile) => ({ ...kernel.bind(node, profile), takesRows: "scattered" }),
  },
];

/** Tables hold indices of 16 bits. */
const fitsTables = (node: Node): boolean => inputType(node).shape.every((d) => d < 2 ** 15);

// ---- nearest ----

const lists = (node: Node): ArrayLike<number>[] =>
  node.inputs.slice(1).flatMap((v) => (v ? [numbers(constantOf(v)!)] : []));

const nearest: Kernel = {
  name: "resize_nearest",
  header: "resize_nearest.h",
  ops: ["ResizeNearest"],
  serves: (node) => keepsType(node) && hasConstantRest(node) && fitsTables(node),
  rowsAtOnce,
  cost: (node) => {
    const { inner } = imageFields(node, lists(node).length);
    return count(node) * (1 + 12 / inner);
  },
  bind: (node) => {
    const sizes = imageFields(node, lists(node).length);
    const [rows, columns] = lists(node).map((list) => Uint16Array.from(list));
    return {
      inputs: [0],
      constants: [
        tableArray("indices_h", "uint16", rows!),
        columns && tableArray("indices_w", "uint16", columns),
      ],
      takesRows: false,
      struct: "mote_resize_nearest_shape",
      shape: { ...sizes, size: elementBytes(inputType(node).elem) },
    };
  },
};

// ---- interpolation ----

const one: AxisTable = { taps: 1, begin: Int32Array.of(0), weights: Float32Array.of(1) };

/** Tables of height and width. */
function twoTables(node: Node): [AxisTable, AxisTable] {
  const [height, width] = nodeTables(node);
  return [height!, width ?? one];
}

const interpolateFields = (node: Node): Fields => {
  const [height, width] = twoTables(node);
  return {
    ...imageFields(node, nodeTables(node).length),
    taps_h: height.taps,
    taps_w: width.taps,
    extrapolates: height.begin.includes(-1) || width.begin.includes(-1) ? 1 : 0,
  };
};

function tableArrays(
  node: Node,
  weights: (name: string, table: AxisTable) => ConstantArray,
): ConstantArray[] {
  const [height, width] = twoTables(node);
  const begin = (name: string, t: AxisTable) => tableArray(name, "int16", Int16Array.from(t.begin));
  return [
    begin("begin_h", height),
    weights("weights_h", height),
    begin("begin_w", width),
    weights("weights_w", width),
  ];
}

const cost = (node: Node): number => {
  const [height, width] = twoTables(node);
  return count(node) * (10 + 4 * height.taps * width.taps);
};

const interpolateF32: Kernel = {
  name: "interpolate_f32",
  header: "interpolate_f32.h",
  ops: ["Interpolate"],
  serves: (node) =>
    hasTypes(node, ["float32"], "float32") && hasConstantRest(node) && fitsTables(node),
  cost,
  rowsAtOnce,
  bind: (node) => ({
    inputs: [0],
    constants: tableArrays(node, (name, t) => tableArray(name, "float32", t.weights)),
    takesRows: false,
    struct: "mote_interpolate_f32_shape",
    shape: {
      image: interpolateFields(node),
      extrapolation: { float: num(node, "extrapolation_value") },
    },
  }),
};

function bindS8(node: Node, profile: Profile): Binding {
  const [x, y] = [inputType(node), outputType(node)];
  const [qx, qy] = [x.quant!, y.quant!];
  const isSame = qx.scale[0] === qy.scale[0] && qx.zeroPoint[0] === qy.zeroPoint[0];
  return {
    inputs: [0],
    constants: tableArrays(node, (name, t) => tableArray(name, "int16", fixedWeights(t))),
    takesRows: false,
    struct: "mote_interpolate_s8_shape",
    shape: {
      image: interpolateFields(node),
      rescaled: isSame ? 0 : 1,
      x_zero_point: qx.zeroPoint[0]!,
      extrapolation: storedExtrapolation(node.attrs, y),
      ...literalRequantization(interpolationFactor(x, y), y, {}, profile),
    },
  };
}

const interpolateS8: Kernel = {
  name: "interpolate_s8",
  header: "interpolate_s8.h",
  ops: ["Interpolate"],
  serves: (node) =>
    hasTypes(node, ["int8"], "int8") &&
    [inputType(node), outputType(node)].every((t) => t.quant?.scale.length === 1) &&
    hasConstantRest(node) &&
    fitsTables(node),
  cost,
  rowsAtOnce,
  bind: bindS8,
};

export const resizeKernels: readonly Kernel[] = [nearest, interpolateF32, interpolateS8].flatMap(
  both,
);

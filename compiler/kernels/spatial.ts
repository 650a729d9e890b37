/** Convolutions, pools and products in ONNX's order, of operands as they lie. */
import type { Node } from "../ir/graph.ts";
import { num } from "../ir/graph.ts";
import { elementCount, rowMajorStrides, type Shape } from "../ir/types.ts";
import { spatialConvolution } from "../ops/conv.ts";
import { operatorOf } from "../ops/registry.ts";
import { poolWindow, unpooledShape } from "../ops/spatial-pool.ts";
import { transposedWindowOf, type Window } from "../ops/window.ts";
import { broadcastSteps } from "./axes.ts";
import {
  count,
  type Fields,
  hasTypes,
  inputType,
  type Kernel,
  oneInput,
  outputType,
} from "./kernel.ts";
import { bits, keepsType } from "./movement.ts";

/** Lists of three for up to three axes. */
export const three = (list: readonly number[], missing = 1): number[] => [
  ...Array.from({ length: 3 - list.length }, () => missing),
  ...list,
];

export const spatialRank = (node: Node): number => inputType(node).shape.length - 2;

/** Batch, channel and one to three further axes. */
export const isSpatial = (node: Node): boolean => spatialRank(node) >= 1 && spatialRank(node) <= 3;

/** The C struct `mote_window_3d`. */
export const window3d = (size: readonly number[], w: Window): Fields => ({
  in: three(size),
  out: three(w.output),
  kernel: three(w.kernel),
  stride: three(w.strides),
  dilation: three(w.dilations),
  pad: three(w.padsBegin, 0),
});

const macs = (node: Node): number => operatorOf(node).macs!(node);

// ---- convolutions ----

/** The C struct `mote_conv_3d_shape` of a convolution. */
export function convFields(node: Node): Fields {
  const { batch, channels, filters, group, window, size } = spatialConvolution(
    inputType(node, 0).shape,
    inputType(node, 1).shape,
    node.attrs,
  );
  const own = { groups: group, channels: channels / group, filters: filters / group };
  return { window: window3d(size, window), batch, ...own };
}

function transposedFields(node: Node): Fields {
  const [batch, channels, ...size] = inputType(node).shape as [number, number, ...number[]];
  const [, filters, ...kernel] = inputType(node, 1).shape as [number, number, ...number[]];
  const groups = num(node, "group", 1);
  const window = window3d(size, transposedWindowOf(node.attrs, size, kernel));
  return { window, batch, groups, channels: channels / groups, filters };
}

const convolution = (name: string, op: string, fields: (node: Node) => Fields): Kernel => ({
  name,
  header: "conv_3d_f32.h",
  ops: [op],
  serves: (node) =>
    isSpatial(node) &&
    node.inputs.length === 3 &&
    hasTypes(node, ["float32", "float32", "float32"], "float32"),
  cost: (node) => macs(node) * 9 + count(node) * 40,
  bind: (node) => ({ ...oneInput("mote_conv_3d_shape", fields(node)), inputs: [0, 1, 2] }),
});

// ---- pools ----

/** What a step along each axis adds to the index of a maximum. */
function indexSteps(node: Node): number[] {
  const spatial = inputType(node).shape.slice(2);
  const steps = rowMajorStrides(spatial.toReversed()).toReversed();
  return three(num(node, "storage_order") === 1 ? steps : rowMajorStrides(spatial), 0);
}

/** The C struct `mote_pool_3d_shape`. */
function poolFields(node: Node): Fields {
  const { shape } = inputType(node);
  const window = poolWindow(shape, node.attrs);
  return {
    window: window3d(shape.slice(2), window),
    planes: shape[0]! * shape[1]!,
    pad_end: three(window.padsEnd, 0),
    include_pad: num(node, "count_include_pad"),
    steps: indexSteps(node),
    p: num(node, "p", 2),
  };
}

const pool = (name: string, op: string, serves: (node: Node) => boolean): Kernel => ({
  name,
  header: "pool_3d.h",
  ops: [op],
  serves: (node) => isSpatial(node) && node.outputs.length === 1 && serves(node),
  cost: (node) =>
    count(node) * (elementCount(poolWindow(inputType(node).shape, node.attrs).kernel) * 8 + 40),
  bind: (node) => oneInput("mote_pool_3d_shape", poolFields(node)),
});

const isFloat = (node: Node): boolean => hasTypes(node, ["float32"], "float32");

const pooledTypes = { f32: "float32", i8: "int8", u8: "uint8" } as const;

const maxPools: readonly Kernel[] = Object.entries(pooledTypes).flatMap(([suffix, elem]) => [
  pool(`max_pool_3d_${suffix}`, "MaxPool", (node) => hasTypes(node, [elem], elem)),
  pool(`max_pool_3d_indices_${suffix}`, "MaxPoolIndices", (node) =>
    hasTypes(node, [elem], "int64"),
  ),
]);

const maxUnpool = (size: number): Kernel => ({
  name: `max_unpool_${size}`,
  header: "max_unpool.h",
  ops: ["MaxUnpool"],
  serves: (node) => isSpatial(node) && keepsType(node) && bits(node) === size,
  cost: (node) => count(node) + elementCount(inputType(node).shape) * 40,
  bind: (node) => {
    const { shape } = inputType(node);
    const fields = {
      count: elementCount(shape),
      planes: shape[0]! * shape[1]!,
      pooled: three(unpooledShape(shape, node.attrs).slice(2)),
      out: three(outputType(node).shape.slice(2)),
    };
    return { ...oneInput("mote_max_unpool_shape", fields), inputs: [0, 1] };
  },
});

// ---- products ----

/** Steps along the rows and columns of a matrix, which may lie transposed. */
const matrixSteps = (shape: Shape, isTransposed: boolean): readonly [number, number] =>
  isTransposed ? [1, shape[1]!] : [shape[1]!, 1];

function gemmFields(node: Node): Fields {
  const [a, b, c] = node.inputs.map((v) => v!.type.shape);
  const { shape: y } = outputType(node);
  const isTransposed = (name: string) => num(node, name) !== 0;
  const [aRow, aInner] = matrixSteps(a!, isTransposed("transA"));
  const [bInner, bColumn] = matrixSteps(b!, isTransposed("transB"));
  const [cRow, cColumn] = broadcastSteps(c!, y);
  return {
    rows: y[0]!,
    inner: a![isTransposed("transA") ? 0 : 1]!,
    columns: y[1]!,
    ...{ a_row: aRow, a_inner: aInner, b_inner: bInner, b_column: bColumn },
    ...{ c_row: cRow!, c_column: cColumn! },
    alpha: { float: num(node, "alpha", 1) },
    beta: { float: num(node, "beta", 1) },
  };
}

const gemm: Kernel = {
  name: "gemm_f32",
  header: "gemm_f32.h",
  ops: ["Gemm"],
  serves: (node) =>
    node.inputs.length === 3 && hasTypes(node, ["float32", "float32", "float32"], "float32"),
  cost: (node) => macs(node) * 6 + count(node) * 20,
  bind: (node) => ({ ...oneInput("mote_gemm_f32_shape", gemmFields(node)), inputs: [0, 1, 2] }),
};

export const spatialKernels: readonly Kernel[] = [
  convolution("conv_3d_f32", "Conv", convFields),
  convolution("conv_transpose_3d_f32", "ConvTranspose", transposedFields),
  pool("average_pool_3d_f32", "AveragePool", isFloat),
  pool("lp_pool_3d_f32", "LpPool", isFloat),
  ...maxPools,
  ...[16, 32, 64].map(maxUnpool),
  gemm,
];

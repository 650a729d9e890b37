/** Float kernels that read images at places that are computed, and determinants. */
import { type Node, num } from "../ir/graph.ts";
import { elementCount } from "../ir/types.ts";
import { deformWindow } from "../ops/deform-conv.ts";
import { type RoiAlign, roiAlignOf, samplesMax } from "../ops/regions.ts";
import { operatorOf } from "../ops/registry.ts";
import { gridSampling } from "../ops/sampling.ts";
import { windowOf } from "../ops/window.ts";
import {
  count,
  type Fields,
  hasTypes,
  inputType,
  type Kernel,
  oneInput,
  outputType,
} from "./kernel.ts";
import { isSpatial, spatialRank, three, window3d } from "./spatial.ts";

// ---- grids ----

function gridFields(node: Node): Fields {
  const [batch, channels, ...size] = inputType(node).shape as [number, number, ...number[]];
  const { mode, padding, alignsCorners } = gridSampling(node.attrs);
  return {
    batch,
    channels,
    axes: size.length,
    positions: elementCount(outputType(node).shape.slice(2)),
    in: three(size),
    mode,
    padding,
    aligns_corners: alignsCorners ? 1 : 0,
  };
}

const gridSample: Kernel = {
  name: "grid_sample_f32",
  header: "grid_sample_f32.h",
  ops: ["GridSample"],
  serves: (node) => isSpatial(node) && hasTypes(node, ["float32", "float32"], "float32"),
  cost: (node) => {
    const taps = [1, 2, 4][gridSampling(node.attrs).mode]! ** spatialRank(node);
    const places = count(node) / inputType(node).shape[1]!;
    return count(node) * taps * 12 + places * spatialRank(node) * 100;
  },
  bind: (node) => ({ ...oneInput("mote_grid_sample_shape", gridFields(node)), inputs: [0, 1] }),
};

const affineGrid: Kernel = {
  name: "affine_grid_f32",
  header: "grid_sample_f32.h",
  ops: ["AffineGrid"],
  serves: (node) => hasTypes(node, ["float32"], "float32"),
  cost: (node) => count(node) * 50,
  bind: (node) => {
    const [batch, ...size] = outputType(node).shape.slice(0, -1);
    const alignsCorners = num(node, "align_corners") === 0 ? 0 : 1;
    return oneInput("mote_affine_grid_shape", {
      batch: batch!,
      axes: size.length,
      size: three(size),
      aligns_corners: alignsCorners,
    });
  },
};

// ---- regions ----

/** The C struct `mote_roi_shape`. */
function roiFields(node: Node, r: RoiAlign): Fields {
  const [images, channels, height, width] = inputType(node).shape;
  return {
    ...{ images: images!, channels: channels!, height: height!, width: width! },
    regions: outputType(node).shape[0]!,
    rows: r.size[0],
    columns: r.size[1],
    sampling: r.sampling,
    samples_max: samplesMax,
    half_pixel: r.isHalfPixel ? 1 : 0,
    maximum: r.isMaximum ? 1 : 0,
    scale: { float: r.scale },
  };
}

/** Samples of a bin are as many as regions are large; a few are assumed. */
const roiAlign: Kernel = {
  name: "roi_align_f32",
  header: "roi_f32.h",
  ops: ["RoiAlign"],
  serves: (node) => hasTypes(node, ["float32", "float32", "int64"], "float32"),
  cost: (node) => count(node) * (roiAlignOf(node.attrs).sampling || 2) ** 2 * 100,
  bind: (node) => ({
    ...oneInput("mote_roi_shape", roiFields(node, roiAlignOf(node.attrs))),
    inputs: [0, 1, 2],
  }),
};

const maxRoiPool: Kernel = {
  name: "max_roi_pool_f32",
  header: "roi_f32.h",
  ops: ["MaxRoiPool"],
  serves: (node) => hasTypes(node, ["float32", "float32"], "float32"),
  cost: (node) => count(node) * 200,
  bind: (node) => {
    const [, , height, width] = outputType(node).shape;
    const size = [height!, width!] as const;
    const scale = num(node, "spatial_scale", 1);
    const region = { isMaximum: true, isHalfPixel: false, size, sampling: 0, scale };
    return { ...oneInput("mote_roi_shape", roiFields(node, region)), inputs: [0, 1] };
  },
};

// ---- blocks ----

function col2imFields(node: Node): Fields {
  const [batch, rows, blocks] = inputType(node).shape as [number, number, number];
  const [, channels, ...image] = outputType(node).shape as [number, number, ...number[]];
  const one = image.map(() => 1);
  const { strides, dilations, padsBegin, padsEnd } = windowOf(node.attrs, image, one);
  return {
    ...{ batch, channels, taps: Math.floor(rows / channels), blocks, axes: image.length },
    image: three(image),
    stride: three(strides),
    dilation: three(dilations),
    pad: three(padsBegin, 0),
    pad_end: three(padsEnd, 0),
  };
}

/** The block's sizes are read at run time, too. */
const col2im: Kernel = {
  name: "col2im_f32",
  header: "col2im_f32.h",
  ops: ["Col2Im"],
  serves: (node) =>
    hasTypes(node, ["float32", "int64", "int64"], "float32") &&
    outputType(node).shape.length >= 3 &&
    outputType(node).shape.length <= 5,
  cost: (node) => count(node) * (inputType(node).shape[1]! / outputType(node).shape[1]!) * 40,
  bind: (node) => ({ ...oneInput("mote_col2im_shape", col2imFields(node)), inputs: [0, 2] }),
};

// ---- deformed convolutions ----

function deformFields(node: Node): Fields {
  const [x, w] = [inputType(node).shape, inputType(node, 1).shape];
  const [batch, channels, ...size] = x as [number, number, ...number[]];
  const groups = num(node, "group", 1);
  const conv = {
    window: window3d(size, deformWindow(x, w, node.attrs)),
    batch,
    groups,
    channels: channels / groups,
    filters: w[0]! / groups,
  };
  return { conv, offset_groups: num(node, "offset_group", 1) };
}

/** Weights, offsets and bias, and a mask where there is one. */
const deformConv = (name: string, operands: number): Kernel => ({
  name,
  header: "deform_conv_2d_f32.h",
  ops: ["DeformConv"],
  serves: (node) =>
    node.inputs.length === operands &&
    node.inputs.every((v) => v?.type.elem === "float32") &&
    outputType(node).elem === "float32",
  cost: (node) => operatorOf(node).macs!(node) * 80,
  bind: (node) => ({
    ...oneInput("mote_deform_conv_shape", deformFields(node)),
    inputs: Array.from({ length: operands }, (_, i) => i),
  }),
});

// ---- matrices ----

const det: Kernel = {
  name: "det_f32",
  header: "det_f32.h",
  ops: ["Det"],
  serves: (node) => hasTypes(node, ["float32"], "float32"),
  scratchBytes: (node) => 4 * inputType(node).shape.at(-1)! ** 2,
  cost: (node) => elementCount(inputType(node).shape) * (inputType(node).shape.at(-1)! * 3 + 20),
  bind: (node) => {
    const size = inputType(node).shape.at(-1)!;
    return oneInput("mote_det_shape", { count: count(node), size });
  },
};

export const samplingKernels: readonly Kernel[] = [
  gridSample,
  affineGrid,
  roiAlign,
  maxRoiPool,
  col2im,
  deformConv("deform_conv_2d_f32", 4),
  deformConv("deform_conv_2d_masked_f32", 5),
  det,
];

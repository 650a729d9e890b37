/** int8 depthwise convolutions on Helium: four columns of four rows are one vector's product. */
import { constantOf, type Node } from "../../ir/graph.ts";
import type { Profile } from "../../ops/numerics.ts";
import { geometry, windowFields } from "../conv.ts";
import { inputType, type Kernel, weightsArray } from "../kernel.ts";
import { blocksFitInPlace, noOrder, windowRows } from "../order.ts";
import { coreScales, eightOrder, isWeightedInt8, scalesOf } from "./kernels.ts";

/** Gathers reach 508 bytes. */
const farthestPixel = (node: Node): number =>
  Math.min(8, Math.floor(508 / (64 * geometry(node).window.strides[1]!)) + 1);

/** Pixels of one call of the core: as even a part of the row as fits. */
function pixelsOf(node: Node): number {
  const width = geometry(node).window.output[1]!;
  return Math.ceil(width / Math.ceil(width / farthestPixel(node)));
}

/** Columns that a row of the output reads: every pixel reads four. */
function columnsOf(node: Node): number {
  const { output, strides, dilations } = geometry(node).window;
  return (output[1]! - 1) * strides[1]! + 3 * dilations[1]! + 1;
}

function serves(node: Node): boolean {
  if (!isWeightedInt8(node)) return false;
  const { group, channels, filters, x, y, window } = geometry(node);
  const { kernel, dilations, padsBegin } = window;
  const isPlain =
    group === channels && filters === channels && x[1] === 1 && y[1] === 1 && y[3] < 4096;
  const isSmall = kernel[0]! <= 4 && kernel[1]! <= 4 && dilations[1]! < 500;
  const isPadded = padsBegin[1]! >= 0 && padsBegin[1]! < columnsOf(node);
  return isPlain && isSmall && pixelsOf(node) >= 2 && isPadded;
}

/** The stream that runtime-c/kernels/columns_s8.h describes, and its words for 16 channels. */
function packColumns(node: Node, profile: Profile) {
  const { channels, window } = geometry(node);
  const [kh, kw] = window.kernel as [number, number];
  const w = constantOf(node.inputs[1])!.data;
  const { rows } = scalesOf(node, profile);
  const words = 64 + rows.length * 16;
  const stream = new Int32Array(Math.ceil(channels / 16) * words);
  const bytes = new DataView(stream.buffer);
  for (let c = 0; c < channels; c++) {
    const begin = Math.floor(c / 16) * words;
    for (let ky = 0; ky < kh; ky++)
      for (let kx = 0; kx < kw; kx++)
        bytes.setInt8((begin + (c % 16) * 4 + kx) * 4 + ky, Number(w[(c * kh + ky) * kw + kx]));
    const scales = begin + 64 + (c % 16 < 8 ? 0 : 8 * rows.length);
    rows.forEach((row, r) => {
      bytes.setInt32((scales + r * 8 + eightOrder.indexOf(c % 8)) * 4, row[c]!, true);
    });
  }
  for (let i = 0; i < stream.length; i++) stream[i] = bytes.getInt32(i * 4, true);
  return { stream, words };
}

export const columnsKernel: Kernel = {
  name: "depthwise_columns_s8",
  header: "depthwise_columns_s8.h",
  ops: ["Conv2D"],
  isa: ["mve"],
  serves,
  scratchBytes: (node) => columnsOf(node) * 64 + 16 + pixelsOf(node) * 64,
  rowsFactor: 1.4,
  rowsAtOnce: (node) =>
    geometry(node).channels <= 16 ? windowRows(windowFields(node), 1) : noOrder,
  /** A row's columns are copied before it is written, by 16 channels at a time. */
  inPlace: (node) => {
    const width = geometry(node).window.output[1]!;
    return blocksFitInPlace(node, windowFields(node), width) ? [0] : [];
  },
  cost: (node) => {
    const { batch, channels, window } = geometry(node);
    const [height, width] = window.output as [number, number];
    const pixels = pixelsOf(node);
    const call = 16 * (2 * pixels + 4) + 2 * (pixels * 12 + 14) + 40;
    const row = columnsOf(node) * 11 + 40 + Math.ceil(width / pixels) * call;
    return batch * Math.ceil(channels / 16) * height * row + columnsOf(node) * 6 + 60;
  },
  bind: (node, profile) => {
    const { window, channels, y } = geometry(node);
    const { stream, words } = packColumns(node, profile);
    const [step, spread] = [window.strides[1]! * 64, window.dilations[1]! * 64];
    const scales = coreScales(node, profile);
    return {
      inputs: [0],
      constants: [weightsArray("stream", "int32", stream)],
      takesRows: "scattered",
      core: {
        macro: "MOTE_COLUMNS_S8",
        arguments: [pixelsOf(node), step, spread, channels, y[3], ...scales],
      },
      struct: "mote_depthwise_columns_s8_shape",
      shape: {
        window: windowFields(node),
        x_zero_point: inputType(node).quant!.zeroPoint[0]!,
        pixels: pixelsOf(node),
        columns: columnsOf(node),
        words,
      },
    };
  },
};

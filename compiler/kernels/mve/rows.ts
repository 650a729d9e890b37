/** int8 3×3 convolutions on Helium from the input's own rows: 4 pixels and 2 filters at a time. */
import { constantOf, type Node } from "../../ir/graph.ts";
import type { Profile } from "../../ops/numerics.ts";
import { geometry, windowFields } from "../conv.ts";
import { type Kernel, weightsArray } from "../kernel.ts";
import { windowRows } from "../order.ts";
import {
  convShape,
  coreScales,
  eightOrder,
  hasPackableOutput,
  isWeightedInt8,
  scalesOf,
} from "./kernels.ts";

/** Columns that 4 pixels read. */
const span = (stride: number): number => 3 * stride + 3;

/** Vectors are loaded at words within 508 bytes; more than 2 of 16 channels move the pointer. */
function reaches(stride: number, channels: number): boolean {
  const last = channels > 32 ? -16 : channels - 16;
  return (span(stride) - 1) * channels + last <= 508;
}

function serves(node: Node): boolean {
  if (!isWeightedInt8(node)) return false;
  const { x, y, channels, window } = geometry(node);
  const { kernel, strides, dilations, output } = window;
  const isSquare = kernel[0] === 3 && kernel[1] === 3 && dilations[1] === 1;
  const isWide = output[1]! >= 4 && strides[1]! <= 2 && y[3] < 4096;
  const isWhole = channels % 16 === 0 && x[1] === 1 && x[3] === channels;
  const fits = isWhole && reaches(strides[1]!, channels);
  return isSquare && isWide && fits && hasPackableOutput(node);
}

/** The stream that runtime-c/kernels/rows_s8.h describes. */
function packStream(node: Node, profile: Profile): Int32Array {
  const { filters, channels } = geometry(node);
  const w = constantOf(node.inputs[1])!.data;
  const { rows } = scalesOf(node, profile);
  const groups = Math.ceil(filters / 8);
  const stream = new Int32Array(groups * 8 * ((channels * 9) / 4 + rows.length));
  const bytes = new Int8Array(stream.buffer);
  let at = 0;
  for (let group = 0; group < groups; group++) {
    const members = eightOrder.map((f) => group * 8 + f);
    for (let pair = 0; pair < 8; pair += 2)
      for (let c = 0; c < channels; c += 16)
        for (let tap = 0; tap < 9; tap++)
          for (const f of members.slice(pair, pair + 2)) {
            for (let i = 0; f < filters && i < 16; i++)
              bytes[at + i] = Number(w[(f * 9 + tap) * channels + c + i]);
            at += 16;
          }
    for (const row of rows) {
      stream.set(
        members.map((f) => row[f] ?? 0),
        at / 4,
      );
      at += 32;
    }
  }
  return stream;
}

export const rowsKernel: Kernel = {
  name: "conv_rows_s8",
  header: "conv_rows_s8.h",
  ops: ["Conv2D"],
  isa: ["mve"],
  serves,
  scratchBytes: (node) => {
    const { channels, window } = geometry(node);
    return 3 * span(window.strides[1]!) * channels;
  },
  rowsAtOnce: (node) => windowRows(windowFields(node), 1),
  cost: (node) => {
    const { batch, channels, filters, window } = geometry(node);
    const [height, width] = window.output as [number, number];
    const planes = channels / 16;
    const plane = 3 * (span(window.strides[1]!) + 30);
    const pair = planes * plane + (planes > 2 ? 2 * planes + 9 : 3);
    const block = Math.ceil(filters / 8) * (4 * pair + 64) + 16;
    const border = span(window.strides[1]!) * planes * 9 + 140;
    return batch * height * (Math.ceil(width / 4) * block + 2 * border + 60);
  },
  bind: (node, profile) => {
    const { channels, filters, y, window } = geometry(node);
    const scales = coreScales(node, profile);
    return {
      inputs: [0],
      constants: [weightsArray("stream", "int32", packStream(node, profile))],
      takesRows: "scattered",
      core: {
        macro: "MOTE_ROWS_S8",
        arguments: [channels, window.strides[1]!, y[3], filters, ...scales],
      },
      struct: "mote_conv_packed_s8_shape",
      shape: convShape(node, 0, false),
    };
  },
};

/** Depthwise convolutions for processors without SIMD: eight channels of a pixel in registers. */
import { constantOf, type Node, num } from "../../ir/graph.ts";
import { elementCount } from "../../ir/types.ts";
import type { Profile } from "../../ops/numerics.ts";
import { type Binding, type Kernel, outputType, weightsArray } from "../kernel.ts";
import { channelsFitInPlace, windowRows } from "../order.ts";
import { filtersOf, foldedBias, partsOf, portableNamed, rescaleOf } from "./filters.ts";
import type { Filters } from "./packing.ts";

const portable = portableNamed("depthwise_conv_2d_s8");

/** First channels of the groups of eight; the last group reaches back. */
const eights = (count: number): number[] =>
  Array.from({ length: Math.ceil(count / 8) }, (_, i) => Math.min(i * 8, count - 8));

/** [eights][taps][8] */
function packed({ count, taps, weights }: Filters): Int8Array {
  const starts = eights(count);
  return Int8Array.from({ length: starts.length * taps * 8 }, (_, i) => {
    const filter = starts[Math.floor(i / (8 * taps))]! + (i % 8);
    return weights[filter * taps + (Math.floor(i / 8) % taps)]!;
  });
}

/** [eights][bias [8], multiplier [8]] */
function filterTable(count: number, bias: readonly number[], multipliers: readonly number[]) {
  const words = eights(count).flatMap((start) => [
    ...bias.slice(start, start + 8),
    ...multipliers.slice(start, start + 8),
  ]);
  return Int32Array.from(words);
}

export const hasMultiplierOne = (node: Node): boolean =>
  num(node, "group", 1) === constantOf(node.inputs[1])!.shape[0];

const windowOf = (node: Node) => portable.bind(node, "fast").shape.window as Record<string, number>;

function bind(node: Node, profile: Profile): Binding {
  const filters = filtersOf(node);
  const parts = partsOf(portable, node, profile);
  const { constants, shape } = parts.binding;
  const window = shape.window as Record<string, number>;
  const rescale = window.y_channel === 1 ? rescaleOf(filters, parts) : undefined;
  const raw = rescale ? 0 : 1;
  const { bias, multipliers } = rescale ?? { ...parts, bias: foldedBias(filters, parts) };
  const { min, max } = parts.requantization;
  return {
    inputs: [0],
    constants: [
      weightsArray("weights", "int8", packed(rescale?.filters ?? filters)),
      weightsArray("filters", "int32", filterTable(filters.count, bias, multipliers)),
      raw ? constants[2] : undefined,
      raw ? constants[3] : undefined,
    ],
    takesRows: "scattered",
    core: {
      macro: "MOTE_X8_TAPS_CORE",
      arguments: [filters.taps, ...(raw ? [-128, 127] : [min!, max!]), raw],
    },
    struct: "mote_depthwise_conv_2d_s8_x8_shape",
    shape: {
      window,
      x_zero_point: shape.x_zero_point!,
      raw,
      requantization: shape.requantization!,
    },
  };
}

export const depthwiseEights: Kernel = {
  name: "depthwise_conv_2d_s8_x8",
  header: "depthwise_conv_2d_s8_x8.h",
  ops: portable.ops,
  isa: ["scalar"],
  serves: (node) =>
    portable.serves(node) &&
    hasMultiplierOne(node) &&
    filtersOf(node).count >= 8 &&
    windowOf(node).x_channel === 1,
  scratchBytes: (node) => {
    const { taps, count } = filtersOf(node);
    return 32 + 8 * taps + Math.ceil(count / 4) * 4;
  },
  rowsAtOnce: (node) => windowRows(windowOf(node), 1),
  /** The last eight channels reach back unless they are whole. */
  inPlace: (node) => {
    const isWhole = filtersOf(node).count % 8 === 0;
    return isWhole && channelsFitInPlace(node, windowOf(node)) ? [0] : [];
  },
  /** Half of the instructions, as those in v6m.ts. */
  cost: (node) => {
    const { taps, count } = filtersOf(node);
    const pixels = elementCount(outputType(node).shape) / count;
    const each = Math.ceil(count / 8) * (taps * 47 + 8 * 26 + 70);
    return Math.round((pixels * (each + 30)) / 2);
  },
  bind,
};

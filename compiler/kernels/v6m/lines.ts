/** Depthwise 3x3 convolutions for processors without SIMD: two pixels share a word. */
import type { Node } from "../../ir/graph.ts";
import { elementCount } from "../../ir/types.ts";
import type { Profile } from "../../ops/numerics.ts";
import { type Binding, type Kernel, outputType, weightsArray } from "../kernel.ts";
import { blocksFitInPlace } from "../order.ts";
import { hasMultiplierOne } from "./depthwise.ts";
import {
  filtersOf,
  foldedBias,
  type Parts,
  partsOf,
  portableNamed,
  type Rescale,
  rescaleOf,
} from "./filters.ts";
import { type Filters, groupLimit } from "./packing.ts";

const portable = portableNamed("depthwise_conv_2d_s8");

type Window = Readonly<Record<string, number>>;
const windowOf = (node: Node) => portable.bind(node, "fast").shape.window as Window;

/** Pairs of outputs that the core makes in a turn. */
const pairsPerTurn = 3;
/** Words of rows that a call of the core works on, about. */
const wordsMost = 320;
/** Biases below this and sums of nine products stay below 2^22. */
const biasLimit = 2 ** 22 - 9 * 2 ** 14;

interface Plan {
  readonly turns: number;
  readonly pairs: number;
  readonly pitch: number;
  readonly lines: number;
}

function planOf(window: Window): Plan {
  const { out_h, out_w, stride_h, stride_w } = window as Record<string, number>;
  const turns = Math.ceil(Math.ceil(out_w! / 2) / pairsPerTurn);
  const pairs = turns * pairsPerTurn;
  const pitch = stride_w! * (pairs - 1) + 3;
  const lines = Math.floor((wordsMost / pitch - 3) / stride_h!) + 1;
  return { turns, pairs, pitch, lines: Math.max(1, Math.min(out_h!, lines)) };
}

const rowsOf = ({ lines }: Plan, { stride_h }: Window): number => (lines - 1) * stride_h! + 3;

/** For each channel nine weights, and a bit for each row whose sums are taken apart within it. */
function packed({ count, weights }: Filters): Int8Array {
  const all = new Int8Array(count * 10);
  for (let f = 0; f < count; f++)
    for (let t = 0; t < 9; t++) {
      all[f * 10 + t] = weights[f * 9 + t]!;
      if (t % 3 === 2 && magnitude(weights, f * 9 + t - 2, 3) > groupLimit)
        all[f * 10 + 9]! |= 1 << Math.floor(t / 3);
    }
  return all;
}

function magnitude(weights: ArrayLike<number>, at: number, count: number): number {
  let sum = 0;
  for (let i = at; i < at + count; i++) sum += Math.abs(weights[i]!);
  return sum;
}

/** Whether the first two products of every row fit in a half, which two weights of -128 do not. */
function isCuttable({ count, weights }: Filters): boolean {
  for (let row = 0; row < count * 9; row += 3)
    if (magnitude(weights, row, 2) > groupLimit) return false;
  return true;
}

/** What the core rescales by, if it does. */
function boundedRescale(filters: Filters, parts: Parts): Rescale | undefined {
  const { y_channel } = parts.binding.shape.window as Window;
  const rescale = y_channel === 1 ? rescaleOf(filters, parts) : undefined;
  return rescale?.bias.every((b) => Math.abs(b) < biasLimit) ? rescale : undefined;
}

function bind(node: Node, profile: Profile): Binding {
  const filters = filtersOf(node);
  const parts = partsOf(portable, node, profile);
  const { constants, shape } = parts.binding;
  const window = shape.window as Window;
  const plan = planOf(window);
  const rescale = boundedRescale(filters, parts);
  const raw = rescale ? 0 : 1;
  const { bias, multipliers } = rescale ?? { ...parts, bias: foldedBias(filters, parts) };
  const { min, max } = parts.requantization;
  const words = bias.flatMap((b, f) => [b, multipliers[f]!]);
  const range = raw ? [-128, 127] : [min!, max!];
  return {
    inputs: [0],
    constants: [
      weightsArray("weights", "int8", packed(rescale?.filters ?? filters)),
      weightsArray("filters", "int32", Int32Array.from(words)),
      raw ? constants[2] : undefined,
      raw ? constants[3] : undefined,
    ],
    takesRows: "scattered",
    core: {
      macro: "MOTE_LINES_CORE",
      arguments: [window.stride_w!, ...range, raw],
    },
    struct: "mote_depthwise_conv_2d_s8_lines_shape",
    shape: {
      window,
      pairs: plan.pairs,
      pitch: plan.pitch,
      lines: plan.lines,
      x_zero_point: shape.x_zero_point!,
      raw,
      requantization: shape.requantization!,
    },
  };
}

/** Rows are expanded, for all lines of a call of the core, before any of these is written. */
function fitsInPlace(node: Node): boolean {
  const window = windowOf(node);
  const isRescaled = (["fast", "tflite"] as const).every((profile) =>
    boundedRescale(filtersOf(node), partsOf(portable, node, profile)),
  );
  const lines = isRescaled ? planOf(window).lines : 1;
  return blocksFitInPlace(node, window, lines * window.out_w!);
}

/** Lines that three pairs fit in, and strides that the core is written for. */
function fits(node: Node): boolean {
  const w = windowOf(node) as Record<string, number>;
  const isThree = w.kernel_h === 3 && w.kernel_w === 3 && w.dilation_h === 1 && w.dilation_w === 1;
  const { pairs } = planOf(w);
  const hasSteps = w.stride_w! <= 2 && w.x_channel === 1 && pairs <= w.out_w!;
  return isThree && hasSteps && isCuttable(filtersOf(node));
}

export const depthwiseLines: Kernel = {
  name: "depthwise_conv_2d_s8_lines",
  header: "depthwise_conv_2d_s8_lines.h",
  ops: portable.ops,
  isa: ["scalar"],
  serves: (node) => portable.serves(node) && hasMultiplierOne(node) && fits(node),
  scratchBytes: (node) => {
    const window = windowOf(node);
    const plan = planOf(window);
    return 4 * ((rowsOf(plan, window) + 2) * plan.pitch + window.out_w!);
  },
  inPlace: (node) => (fitsInPlace(node) ? [0] : []),
  /** Half of the instructions on Armv6-M, as those in v6m.ts. */
  cost: (node) => {
    const { count } = filtersOf(node);
    const window = windowOf(node);
    const plan = planOf(window);
    const lines = elementCount(outputType(node).shape) / (count * window.out_w!);
    const calls = Math.ceil(lines / plan.lines);
    const expanding = plan.pitch * (9 * rowsOf(plan, window) + 20);
    return (count * (lines * (plan.turns * 240 + 20) + calls * (expanding + 200))) / 2;
  },
  bind,
};

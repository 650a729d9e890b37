/** int8 convolutions and fully connected layers for cores with DSP instructions. */
import type { Node } from "../ir/graph.ts";
import { elementCount } from "../ir/types.ts";
import type { Profile } from "../ops/numerics.ts";
import { geometry, hasConstantWeights, windowFields } from "./conv.ts";
import {
  canPack,
  canPackBiases,
  depthwiseStream,
  linesStream,
  packedStream,
  type Rescaling,
  rescalingOf,
  unscaled,
} from "./dsp-pack.ts";
import { grouped } from "./grouped.ts";
import { type Binding, type Core, hasTypes, inputType, type Kernel, outputType } from "./kernel.ts";
import { widened } from "./widened.ts";

const isAccumulating = (node: Node): boolean =>
  hasTypes(node, ["int8", "int8", "int32"], "int32") && hasConstantWeights(node);

const zeroOf = (node: Node): number => inputType(node).quant!.zeroPoint[0]!;

const isInteger = (node: Node): boolean =>
  hasTypes(node, ["int8", "int8", "int32"], "int8") && hasConstantWeights(node);

const core = (macro: string, first: readonly number[], r: Rescaling): Core =>
  r.raw
    ? { macro: `${macro}_RAW`, arguments: first }
    : { macro, arguments: [...first, ...r.arguments] };

/** How many times four inputs stand in a core's loop, and how often the loop runs. */
interface Unrolling {
  readonly unroll: number;
  readonly turns: number;
}

/** Instructions of four inputs, and of a turn of the loop round them. */
const [quadInstructions, turnInstructions] = [24, 3];
const longestUnroll = 9;
/** From so many inputs on, the loop spends an instruction to save a cycle. */
const splitInputs = 128;

/** The loop that takes the fewest instructions for this many inputs, which it may round up. */
function unrolling(inputs: number): Unrolling {
  const quads = Math.ceil(inputs / 4);
  const all = Array.from({ length: longestUnroll }, (_, i) => {
    const unroll = i + 1;
    return { unroll, turns: Math.ceil(quads / unroll) };
  });
  const instructions = ({ unroll, turns }: Unrolling) =>
    turns * (unroll * quadInstructions + turnInstructions);
  return all.reduce((best, u) => (instructions(u) < instructions(best) ? u : best));
}

const pairsOf = ({ unroll, turns }: Unrolling): number => 2 * unroll * turns;

const tapsOf = (node: Node): number => {
  const { shape } = inputType(node, 1);
  return elementCount(shape) / shape[0]!;
};

/** Groups of four filters that a call makes. */
const groupsOf = (node: Node): number => {
  const filters = node.op === "Conv2D" ? geometry(node).filters : inputType(node, 1).shape[0]!;
  return Math.ceil(filters / 4);
};

/** Whether filters go to the output without a detour. */
const isDirect = (node: Node): boolean => {
  const { filters, y } = geometry(node);
  return filters % 4 === 0 && y[1] === 1;
};

/** Two pixels, four filters at a time. */
function convolutionCost(node: Node): number {
  const { batch, channels, window, x } = geometry(node);
  const taps = tapsOf(node);
  const { unroll, turns } = unrolling(taps);
  const pixelPairs = batch * Math.ceil(elementCount(window.output) / 2);
  const group = turns * (unroll * quadInstructions + turnInstructions) + 49;
  const expansion = taps * (channels % 4 === 0 && x[1] === 1 ? 3 : 8);
  return pixelPairs * (groupsOf(node) * (group + (isDirect(node) ? 0 : 40)) + expansion + 60);
}

const convolution: Kernel = {
  name: "dual_conv_2d_s8",
  header: "dual_conv_2d_s8.h",
  ops: ["Conv2D"],
  isa: ["dsp"],
  serves: (node) => isInteger(node) && geometry(node).group === 1 && canPack(node),
  scratchBytes: (node) =>
    8 * pairsOf(unrolling(tapsOf(node))) + 32 + (isDirect(node) ? 0 : 8 * groupsOf(node)),
  cost: convolutionCost,
  bind: (node, profile: Profile) => {
    const loop = unrolling(tapsOf(node));
    const r = rescalingOf(node, profile);
    return {
      inputs: [0],
      constants: [packedStream(node, pairsOf(loop), r), r.exponents],
      takesRows: true,
      core: core("MOTE_DUAL_PAIR", [loop.unroll, tapsOf(node) >= splitInputs ? 1 : 0], r),
      struct: "mote_dual_conv_2d_s8_shape",
      shape: {
        window: windowFields(node),
        pairs: pairsOf(loop),
        x_zero_point: zeroOf(node),
        raw: r.raw ? 1 : 0,
        requantization: r.requantization,
      },
    };
  },
};

function bindRows(node: Node, r: Rescaling, tables: Binding["constants"]): Binding {
  const loop = unrolling(tapsOf(node));
  const [rows, inFeatures] = inputType(node).shape as [number, number];
  return {
    inputs: [0],
    constants: [packedStream(node, pairsOf(loop), r), ...tables],
    takesRows: false,
    core: core("MOTE_DUAL_ROW", [loop.unroll], r),
    struct: "mote_dual_fully_connected_s8_shape",
    shape: {
      rows,
      in_features: inFeatures,
      out_features: inputType(node, 1).shape[0]!,
      pairs: pairsOf(loop),
      raw: r.raw ? 1 : 0,
      requantization: r.requantization,
    },
  };
}

const fullyConnected: Kernel = {
  name: "dual_fully_connected_s8",
  header: "dual_fully_connected_s8.h",
  ops: ["FullyConnected"],
  isa: ["dsp"],
  serves: (node) => isInteger(node) && canPack(node),
  scratchBytes: (node) => 4 * pairsOf(unrolling(tapsOf(node))) + 16,
  cost: (node) => {
    const pairs = pairsOf(unrolling(tapsOf(node)));
    return inputType(node).shape[0]! * (groupsOf(node) * (pairs * 7 + 30) + pairs * 3 + 60);
  },
  bind: (node, profile: Profile) => {
    const r = rescalingOf(node, profile);
    return bindRows(node, r, [r.exponents]);
  },
};

/** The accumulators themselves. */
const accumulators: Kernel = {
  ...fullyConnected,
  name: "dual_fully_connected_s8_s32",
  serves: (node) => isAccumulating(node) && canPackBiases(node),
  bind: (node) => bindRows(node, unscaled(node), []),
};

/** As many taps' pointers as the C kernel has room for. */
const mostTaps = 25;

/** Channels innermost in input and output, in groups of four. */
function isDepthwise(node: Node): boolean {
  const { group, channels, filters, x, y } = geometry(node);
  const isPlain = x[1] === 1 && y[1] === 1 && channels % 4 === 0;
  return group === channels && filters === channels && isPlain && tapsOf(node) <= mostTaps;
}

const depthwise: Kernel = {
  name: "dual_depthwise_conv_2d_s8",
  header: "dual_depthwise_conv_2d_s8.h",
  ops: ["Conv2D"],
  isa: ["dsp"],
  serves: (node) => isInteger(node) && isDepthwise(node),
  scratchBytes: (node) => 32 + geometry(node).channels,
  cost: (node) => {
    const pixels = elementCount(outputType(node).shape) / geometry(node).filters;
    const taps = tapsOf(node);
    return Math.ceil(pixels / 2) * (groupsOf(node) * (taps * 17 + 42) + taps * 14 + 40);
  },
  bind: (node, profile: Profile) => {
    const r = rescalingOf(node, profile);
    return {
      inputs: [0],
      constants: [depthwiseStream(node, r), r.exponents],
      takesRows: true,
      core: core("MOTE_DUAL_TAPS", [tapsOf(node)], r),
      struct: "mote_dual_depthwise_conv_2d_s8_shape",
      shape: {
        window: windowFields(node),
        x_zero_point: zeroOf(node),
        raw: r.raw ? 1 : 0,
        requantization: r.requantization,
      },
    };
  },
};

/** Planes of four channels: words used of a row, words from row to row, and rows. */
function planesOf(node: Node) {
  const { kernel, strides, output } = geometry(node).window;
  const columns = (2 * Math.ceil(output[1]! / 2) - 1) * strides[1]! + 3;
  const words = Math.ceil(columns / 2);
  const pitch = Math.max(4, 2 ** Math.ceil(Math.log2(words)));
  const most = (output[0]! - 1) * strides[0]! + kernel[0]!;
  return { words, pitch, slots: Math.min(most, Math.max(4, Math.floor(planesBytes / 16 / pitch))) };
}

/** Enough for slides to be rare. */
const planesBytes = 2048;
/** An offset in a load reaches three rows of so many words. */
const longestPitch = 64;

/** Depthwise 3x3 along lines: a multiplication takes two taps of a channel. */
const lines: Kernel = {
  name: "dual_depthwise_3x3_s8",
  header: "dual_depthwise_3x3_s8.h",
  ops: ["Conv2D"],
  isa: ["dsp"],
  serves: (node) => {
    if (!isInteger(node) || !isDepthwise(node)) return false;
    const { kernel, strides, dilations } = geometry(node).window;
    const isNear = dilations[0] === 1 && dilations[1] === 1 && strides[1]! <= 2;
    return isNear && kernel.join() === "3,3" && planesOf(node).pitch <= longestPitch;
  },
  scratchBytes: (node) => {
    const { pitch, slots } = planesOf(node);
    return 16 * pitch * slots + 16 * geometry(node).window.output[1]!;
  },
  cost: (node) => {
    const { batch, window } = geometry(node);
    const [rows, columns] = [window.output[0]!, window.output[1]!];
    const { words } = planesOf(node);
    const expansion = words * 19 * Math.min(3, window.strides[0]!) + 60;
    const line = 4 * (Math.floor(columns / 2) * 28 + (columns % 2) * 15 + 22);
    return batch * groupsOf(node) * (rows * (line + expansion + 50) + 100);
  },
  bind: (node, profile: Profile) => {
    const r = rescalingOf(node, profile);
    const { words, pitch, slots } = planesOf(node);
    return {
      inputs: [0],
      constants: [linesStream(node, r), r.exponents],
      takesRows: true,
      core: core("MOTE_DUAL_LINE", [geometry(node).window.strides[1]!, pitch], r),
      struct: "mote_dual_depthwise_3x3_s8_shape",
      shape: {
        window: windowFields(node),
        words,
        pitch,
        slots,
        x_zero_point: zeroOf(node),
        raw: r.raw ? 1 : 0,
        requantization: r.requantization,
      },
    };
  },
};

export const dspKernels: readonly Kernel[] = [
  convolution,
  grouped(convolution, 4),
  fullyConnected,
  accumulators,
  depthwise,
  lines,
  widened(depthwise),
  widened(lines),
];

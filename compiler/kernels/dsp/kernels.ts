/** int8 convolutions and fully connected layers for cores with DSP instructions. */
import type { Node } from "../../ir/graph.ts";
import { elementCount } from "../../ir/types.ts";
import type { Profile } from "../../ops/numerics.ts";
import { geometry, windowFields } from "../conv.ts";
import { grouped } from "../grouped.ts";
import {
  type Binding,
  type ConstantArray,
  count,
  type Fields,
  inputType,
  type Kernel,
  tableArray,
} from "../kernel.ts";
import { widened } from "../widened.ts";
import { fullyConnectedKernels } from "./fc.ts";
import { core, groupsOf, isInteger, rowsAtOnce, tapsOf } from "./layer.ts";
import { canPack, depthwiseStream, linesStream, packedStream, rescalingOf } from "./pack.ts";

const zeroOf = (node: Node): number => inputType(node).quant!.zeroPoint[0]!;

/** Instructions of four inputs, and of a turn of the loop round them. */
const [quadInstructions, turnInstructions] = [24, 3];
/** How many times four inputs stand in the core of a convolution. */
const pairUnroll = 8;
/** From so many inputs on, the loop spends an instruction to save a cycle. */
const splitInputs = 128;

/** Words of a pixel's inputs. */
const pairsOf = (node: Node): number => 2 * Math.ceil(tapsOf(node) / 4);

/** Whether filters go to the output without a detour. */
const isDirect = (node: Node): boolean => {
  const { filters, y } = geometry(node);
  return filters % 4 === 0 && y[1] === 1;
};

/** Whether channels of the input are innermost, and a multiple of four. */
const isInFours = (node: Node): boolean => {
  const { channels, x } = geometry(node);
  return channels % 4 === 0 && x[1] === 1;
};

/** Where a pixel's inputs lie from its first one, for inputs that are gathered. */
function offsetsOf(node: Node): ConstantArray | undefined {
  if (isInFours(node)) return undefined;
  const { channels, window, x } = geometry(node);
  const offsets = new Int32Array(2 * pairsOf(node));
  const [, columns] = window.kernel as [number, number];
  for (let k = 0; k < tapsOf(node); k++) {
    const tap = Math.floor(k / channels);
    const row = Math.floor(tap / columns) * window.dilations[0]!;
    const column = (tap % columns) * window.dilations[1]!;
    offsets[k] = row * x[2] + column * x[3] + (k % channels) * x[1];
  }
  return tableArray("offsets", "int32", offsets);
}

/** Whether no pixel sees padding or more than a run of channels. */
function isPointwise(node: Node): boolean {
  const { kernel, padsBegin, padsEnd } = geometry(node).window;
  const extents = [...kernel.map((k) => k - 1), ...padsBegin, ...padsEnd];
  return isInFours(node) && extents.every((n) => n === 0);
}

/** Whether a pixel's outputs lie no further than its inputs, and depend on no others. */
function isPixelByPixel(node: Node): boolean {
  const { channels, filters, window, inputSize, x, y } = geometry(node);
  const isSingle = window.kernel.every((k) => k === 1) && window.strides.every((s) => s === 1);
  const isSame = isSingle && inputSize.every((size, i) => size === window.output[i]);
  return isSame && x[1] === 1 && y[1] === 1 && filters <= channels;
}

/** Two pixels, four filters at a time. */
function convolutionCost(node: Node): number {
  const { batch, window } = geometry(node);
  const quads = pairsOf(node) / 2;
  const turns = Math.ceil(quads / pairUnroll);
  const pixelPairs = batch * Math.ceil(elementCount(window.output) / 2);
  const group = quads * quadInstructions + turns * turnInstructions + 47;
  const expansion = quads * (isInFours(node) ? 8 : 20);
  return pixelPairs * (groupsOf(node) * (group + (isDirect(node) ? 0 : 40)) + expansion + 80);
}

const convolution: Kernel = {
  name: "dual_conv_2d_s8",
  header: "dual_conv_2d_s8.h",
  ops: ["Conv2D"],
  isa: ["dsp"],
  serves: (node) => isInteger(node) && geometry(node).group === 1 && canPack(node),
  scratchBytes: (node) => {
    const pairs = pairsOf(node);
    if (isPointwise(node)) return 8 * pairs;
    return 8 * pairs + (isInFours(node) ? geometry(node).channels : 4 * pairs);
  },
  rowsAtOnce: (node) => rowsAtOnce(node, 1),
  inPlace: (node) => (isPixelByPixel(node) ? [0] : []),
  cost: convolutionCost,
  bind: (node, profile: Profile) => {
    const r = rescalingOf(node, profile);
    return {
      inputs: [0],
      constants: [packedStream(node, pairsOf(node), r), r.exponents, offsetsOf(node)],
      takesRows: "scattered",
      core: core("MOTE_DUAL_PAIR", [tapsOf(node) >= splitInputs ? 1 : 0], r),
      struct: "mote_dual_conv_2d_s8_shape",
      byAddress: true,
      shape: {
        window: windowFields(node),
        pairs: pairsOf(node),
        x_zero_point: zeroOf(node),
        raw: r.raw ? 1 : 0,
        requantization: r.requantization,
      },
    };
  },
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
  scratchBytes: (node) => geometry(node).channels,
  /** Channels are stored before the next ones are read, of two pixels, which may be of two rows. */
  rowsAtOnce: (node) => rowsAtOnce(node, geometry(node).window.output[1]! % 2 === 0 ? 1 : 2),
  cost: (node) => {
    const pixels = count(node) / geometry(node).filters;
    const taps = tapsOf(node);
    return Math.ceil(pixels / 2) * (groupsOf(node) * (taps * 17 + 42) + taps * 14 + 40);
  },
  bind: (node, profile: Profile) => {
    const r = rescalingOf(node, profile);
    return {
      inputs: [0],
      constants: [depthwiseStream(node, r), r.exponents],
      takesRows: "scattered",
      core: core("MOTE_DUAL_TAPS", [tapsOf(node)], r),
      struct: "mote_dual_depthwise_conv_2d_s8_shape",
      byAddress: true,
      shape: {
        window: windowFields(node),
        x_zero_point: zeroOf(node),
        raw: r.raw ? 1 : 0,
        requantization: r.requantization,
      },
    };
  },
};

/** The window along lines: rows of the image, or for `turned` its columns. */
function lineWindow(node: Node, turned: boolean) {
  const { kernel, strides, dilations, output } = geometry(node).window;
  const turn = (axes: readonly number[]) =>
    (turned ? [axes[1]!, axes[0]!] : [axes[0]!, axes[1]!]) as [number, number];
  const [lines, pixels] = turn(output);
  return { kernel, dilations, lines, pixels, strides: turn(strides) };
}

/** Words of a line of a plane. */
function pitchOf(node: Node, turned: boolean): number {
  const { strides, pixels } = lineWindow(node, turned);
  const columns = (2 * Math.ceil(pixels / 2) - 1) * strides[1] + 3;
  return Math.ceil(columns / 2);
}

/** An offset in a load reaches three lines of so many words. */
const longestPitch = 126;

/** The struct of a window whose rows are columns. */
const turnedFields = ({ ...fields }: Fields): Fields => {
  const swap = (a: string, b: string) => ({ [a]: fields[b]!, [b]: fields[a]! });
  const sizes = ["in", "out", "kernel", "stride", "dilation", "pad"];
  const turned = sizes.map((name) => swap(`${name}_h`, `${name}_w`));
  return Object.assign(fields, ...turned, swap("x_row", "x_column"), swap("y_row", "y_column"));
};

/** Lines along rows, or `turned` along columns, of so many channels at a time. */
interface Lines {
  readonly turned: boolean;
  readonly together: 2 | 4;
}

function linesCost(node: Node, { turned, together }: Lines): number {
  const { lines, pixels, strides } = lineWindow(node, turned);
  const expansion = pitchOf(node, turned) * (together * 4 + 2) * Math.min(3, strides[0]) + 60;
  const line = together * (Math.floor(pixels / 2) * 27 + (pixels % 2) * 15 + 26);
  const blocks = geometry(node).channels / together;
  return geometry(node).batch * blocks * (lines * (line + expansion + 75) + 100);
}

function linesBinding(node: Node, profile: Profile, { turned, together }: Lines): Binding {
  const r = rescalingOf(node, profile);
  const pitch = pitchOf(node, turned);
  const window = windowFields(node);
  return {
    inputs: [0],
    constants: [linesStream(node, r, turned), r.exponents],
    takesRows: turned ? false : "scattered",
    core: core("MOTE_DUAL_LINE", [lineWindow(node, turned).strides[1], pitch], r),
    struct: "mote_dual_depthwise_3x3_s8_shape",
    byAddress: true,
    shape: {
      window: turned ? turnedFields(window) : window,
      together,
      pitch,
      x_zero_point: zeroOf(node),
      raw: r.raw ? 1 : 0,
      requantization: r.requantization,
    },
  };
}

/** Whether a line of the output may replace the one of the input, in the planes by then. */
function isSameSize(node: Node): boolean {
  const { strides, padsBegin, padsEnd } = geometry(node).window;
  return [...strides, ...padsBegin, ...padsEnd].every((n) => n === 1);
}

/** Depthwise 3x3: a multiplication takes two taps of a channel. */
const depthwiseLines = (name: string, how: Lines): Kernel => ({
  name,
  header: "dual_depthwise_3x3_s8.h",
  ops: ["Conv2D"],
  isa: ["dsp"],
  serves: (node) => {
    if (!isInteger(node) || !isDepthwise(node)) return false;
    const { kernel, strides, dilations } = lineWindow(node, how.turned);
    const isPadded = geometry(node).window.padsBegin.every((pad) => pad >= 0);
    const isNear = isPadded && dilations.every((d) => d === 1) && strides[1] <= 2;
    return isNear && kernel.join() === "3,3" && pitchOf(node, how.turned) <= longestPitch;
  },
  scratchBytes: (node) => 12 * how.together * pitchOf(node, how.turned),
  inPlace: (node) => (isSameSize(node) ? [0] : []),
  cost: (node) => linesCost(node, how),
  bind: (node, profile) => linesBinding(node, profile, how),
});

const lines = depthwiseLines("dual_depthwise_3x3_s8", { turned: false, together: 4 });
const turnedLines = depthwiseLines("dual_depthwise_3x3_turned_s8", { turned: true, together: 4 });

/** The same kernel with half the scratch memory. */
const linesOfTwo = (of: Kernel, turned: boolean): Kernel => ({
  ...depthwiseLines(`${of.name}_c2`, { turned, together: 2 }),
  measuredAs: of.name,
});

export const dspKernels: readonly Kernel[] = [
  convolution,
  grouped(convolution, 4),
  ...fullyConnectedKernels,
  depthwise,
  lines,
  turnedLines,
  linesOfTwo(lines, false),
  linesOfTwo(turnedLines, true),
  widened(depthwise),
  widened(lines),
];

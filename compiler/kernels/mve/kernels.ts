/** int8 layers on Helium: products of packed matrices, requantised four filters at a time. */
import { constantOf, type Node } from "../../ir/graph.ts";
import type { TensorData } from "../../ir/tensor.ts";
import { integerClamp } from "../../ops/clamp.ts";
import { filterFactors } from "../../ops/conv.ts";
import { type Profile, quantizeMultiplier, singleRounding } from "../../ops/numerics.ts";
import { geometry, hasConstantWeights, matrixFields, windowFields } from "../conv.ts";
import { grouped } from "../grouped.ts";
import {
  alignUp,
  type Binding,
  count,
  type Fields,
  hasTypes,
  inputType,
  type Kernel,
  outputType,
  tableArray,
  weightsArray,
} from "../kernel.ts";
import { blockRows, blocksFitInPlace, windowRows } from "../order.ts";

const factorsOf = (node: Node): number[] =>
  filterFactors(inputType(node, 0), inputType(node, 1), outputType(node));

/** A filter's rescale: acc << left, times multiplier, and in profile tflite >> −right. */
interface Rescale {
  readonly left: number;
  readonly multiplier: number;
  readonly right: number;
}

/**
 * Profile fast: as much of the layer's left shift as the multiplier has room for goes there, which
 * changes no bit of the product.
 */
function rescalesOf(factors: readonly number[], profile: Profile): Rescale[] {
  if (profile === "tflite")
    return factors.map(quantizeMultiplier).map(({ multiplier, exponent }) => {
      return { left: Math.max(0, exponent), multiplier, right: Math.min(0, exponent) };
    });
  const { multipliers, leftShift } = singleRounding(factors);
  return multipliers.map((m) => {
    let left = leftShift;
    while (left > 0 && m * 2 ** (leftShift - left + 1) < 2 ** 31) left--;
    return { left, multiplier: m * 2 ** (leftShift - left), right: 0 };
  });
}

/** Σ|w| of every filter. */
function magnitudes(node: Node): number[] {
  const { data, shape } = constantOf(node.inputs[1])!;
  const taps = data.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, o) => {
    let sum = 0;
    for (let i = 0; i < taps; i++) sum += Math.abs(Number(data[o * taps + i]));
    return sum;
  });
}

/** Whether shifted accumulators keep to 32 bits, so that vectors of 32 bits do for all of it. */
function fitsVectors(node: Node): boolean {
  const zero = inputType(node).quant!.zeroPoint[0]!;
  const farthest = Math.max(127 - zero, 128 + zero);
  const bias = constantOf(node.inputs[2])?.data;
  const bounds = magnitudes(node).map((m, o) => m * farthest + Math.abs(Number(bias?.[o] ?? 0)));
  return (["fast", "tflite"] as const).every((profile) => {
    const factors = factorsOf(node);
    const rescales = rescalesOf(factors, profile);
    return bounds.every((bound, o) => {
      const at = rescales.length === 1 ? 0 : o;
      return bound * 2 ** rescales[at]!.left < 2 ** 31 && bound * factors[at]! < 2 ** 30;
    });
  });
}

/** int8 with constant weights, to int8. */
export const isWeightedInt8 = (node: Node): boolean =>
  hasTypes(node, ["int8", "int8", "int32"], "int8") &&
  hasConstantWeights(node) &&
  fitsVectors(node);

/** What rescales one filter's accumulator: bias, left shift, multiplier, negated right shift. */
interface Scales {
  readonly rows: readonly (readonly number[])[];
  readonly left: number;
}

/** Rows of parameters, an entry for each filter; the bias has −z_x·Σw in it. */
export function scalesOf(node: Node, profile: Profile): Scales {
  const w = constantOf(node.inputs[1])!;
  const filters = w.shape[0]!;
  const taps = w.data.length / filters;
  const zero = inputType(node).quant!.zeroPoint[0]!;
  const bias = constantOf(node.inputs[2])?.data;
  const starts = Array.from({ length: filters }, (_, o) => {
    let sum = 0;
    for (let i = 0; i < taps; i++) sum += Number(w.data[o * taps + i]);
    return (Number(bias?.[o] ?? 0) - zero * sum) | 0;
  });
  const rescales = rescalesOf(factorsOf(node), profile);
  const each = (entry: (r: Rescale) => number): number[] =>
    starts.map((_, o) => entry(rescales[rescales.length === 1 ? 0 : o]!));
  const left = rescales.some((r) => r.left > 0) ? 1 : 0;
  const lefts = left ? [each((r) => r.left)] : [];
  const rights = profile === "tflite" ? [each((r) => r.right)] : [];
  return { rows: [starts, ...lefts, each((r) => r.multiplier), ...rights], left };
}

/** How streams keep 8 filters whose sums are narrowed together. */
export const eightOrder = [0, 2, 4, 6, 1, 3, 5, 7];

/** The stream that runtime-c/kernels/packed_s8.h describes. */
function packStream(node: Node, profile: Profile, group: number): Int32Array {
  const w = constantOf(node.inputs[1])!;
  const filters = w.shape[0]!;
  const taps = w.data.length / filters;
  const vectors = Math.ceil(taps / 16);
  const { rows } = scalesOf(node, profile);
  const groups = Math.ceil(filters / group);
  const words = group * (vectors * 4 + rows.length);
  const stream = new Int32Array(groups * words);
  const bytes = new DataView(stream.buffer);
  const at = (data: TensorData, o: number, i: number) =>
    o < filters && i < taps ? Number(data[o * taps + i]) : 0;
  for (let o = 0; o < groups * group; o++) {
    const [begin, f] = [Math.floor(o / group) * words, o % group];
    for (let i = 0; i < vectors * 16; i++) {
      const word = begin + (Math.floor(i / 16) * group + f) * 4;
      bytes.setInt8(word * 4 + (i % 16), at(w.data, o, i));
    }
    rows.forEach((row, r) => {
      bytes.setInt32((begin + (vectors * 4 + r) * group + f) * 4, row[o] ?? 0, true);
    });
  }
  for (let i = 0; i < stream.length; i++) stream[i] = bytes.getInt32(i * 4, true);
  return stream;
}

/** The last literals of a core: zero point, clamp, whether there are left shifts, the profile. */
export function coreScales(node: Node, profile: Profile): number[] {
  const y = outputType(node);
  const { min, max } = integerClamp(node.attrs, y);
  const { left } = scalesOf(node, profile);
  return [y.quant!.zeroPoint[0]!, min, max, left, profile === "tflite" ? 1 : 0];
}

const streamArray = (node: Node, profile: Profile, group: number) =>
  weightsArray("stream", "int32", packStream(node, profile, group));

/** Instructions of all filters for one step of `pixels` pixels. */
function stepCost(taps: number, filters: number, group: number, pixels: number): number {
  const vectors = Math.ceil(taps / 16);
  const loop = vectors > (taps % 16 === 0 ? 12 : 8) ? vectors * 0.5 + 12 : 0;
  return Math.ceil(filters / group) * (vectors * (pixels + group + 8) + 24 + loop) + 12;
}

/** Patches: bytes that one pixel's filters read. */
const tapsOf = (node: Node): number => {
  const { data, shape } = constantOf(node.inputs[1])!;
  return data.length / shape[0]!;
};

export const hasPackableOutput = (node: Node): boolean => {
  const { y, group, filters, window } = geometry(node);
  const [, outW] = window.output as [number, number];
  const fits = filters < 2 ** 15 && outW < 2 ** 15;
  return group === 1 && y[1] === 1 && fits;
};

/** x is the matrix itself: channels innermost, one tap, nothing outside the input. */
function isPointwise(node: Node): boolean {
  const { window, inputSize, x } = geometry(node);
  const { kernel, strides, padsBegin, output } = window;
  const inside = (i: 0 | 1) =>
    kernel[i] === 1 && padsBegin[i] === 0 && (output[i]! - 1) * strides[i]! < inputSize[i];
  return x[1] === 1 && inside(0) && inside(1);
}

function convCore(node: Node, profile: Profile, taps: number, xStep: number) {
  const { y, filters, window } = geometry(node);
  const single = window.output[1] === 1;
  const steps = single ? [0, 0] : [xStep, y[3]];
  const sizes = [Math.floor(taps / 16), taps % 16];
  return {
    macro: "MOTE_PACKED_S8_PAIRS",
    arguments: [...sizes, ...steps, filters, ...coreScales(node, profile)],
  };
}

export const convShape = (node: Node, patchBytes: number, gathers: boolean): Fields => ({
  window: windowFields(node),
  x_zero_point: inputType(node).quant!.zeroPoint[0]!,
  patch_bytes: patchBytes,
  gathers: gathers ? 1 : 0,
});

const pointwise: Kernel = {
  name: "conv_1x1_packed_s8",
  header: "conv_packed_s8.h",
  ops: ["Conv2D"],
  isa: ["mve"],
  serves: (node) => isWeightedInt8(node) && hasPackableOutput(node) && isPointwise(node),
  rowsAtOnce: (node) => blockRows(windowFields(node), 2),
  pixelsAtOnce: 2,
  cost: (node) => {
    const { filters, channels } = geometry(node);
    return (count(node) / filters / 2) * stepCost(channels, filters, 4, 2) + 100;
  },
  bind: (node, profile): Binding => {
    const { channels, window, x } = geometry(node);
    return {
      inputs: [0],
      constants: [streamArray(node, profile, 4)],
      takesRows: "scattered",
      core: convCore(node, profile, channels, window.strides[1]! * x[3]),
      struct: "mote_conv_packed_s8_shape",
      shape: convShape(node, 0, false),
    };
  },
};

/** Offsets of a patch's bytes from its first. */
function patchOffsets(node: Node): number[] {
  const { window, channels, x } = geometry(node);
  const { kernel, dilations } = window;
  const offsets: number[] = [];
  for (let ky = 0; ky < kernel[0]!; ky++)
    for (let kx = 0; kx < kernel[1]!; kx++)
      for (let c = 0; c < channels; c++)
        offsets.push(ky * dilations[0]! * x[2] + kx * dilations[1]! * x[3] + c * x[1]);
  return offsets;
}

/** Whether the bytes of one row of the kernel do not lie side by side, or are too few for that. */
function gathers(node: Node): boolean {
  const { window, channels, x } = geometry(node);
  const isDense = window.dilations[1] === 1 && x[3] === channels;
  const isRun = x[1] === 1 && (isDense || window.kernel[1] === 1);
  const isShort = window.kernel[1]! * channels <= 8;
  const reachable = Math.max(...patchOffsets(node)) < 2 ** 16;
  return !isRun || (isShort && reachable);
}

const patchBytes = (node: Node): number => alignUp(tapsOf(node), 16);

const patches: Kernel = {
  name: "conv_patches_s8",
  header: "conv_packed_s8.h",
  ops: ["Conv2D"],
  isa: ["mve"],
  serves: (node) =>
    isWeightedInt8(node) &&
    hasPackableOutput(node) &&
    (!gathers(node) || Math.max(...patchOffsets(node)) < 2 ** 16),
  scratchBytes: (node) => 2 * patchBytes(node),
  rowsAtOnce: (node) => windowRows(windowFields(node), 1),
  inPlace: (node) => {
    const width = geometry(node).window.output[1]!;
    const isWhole = width === 1 || width % 2 === 0;
    return isWhole && blocksFitInPlace(node, windowFields(node), Math.min(2, width)) ? [0] : [];
  },
  cost: (node) => {
    const { filters, window } = geometry(node);
    const rows = window.kernel[0]!;
    const patch = gathers(node)
      ? (patchBytes(node) / 8) * 4 + 20
      : (patchBytes(node) / 16) * 3 + rows * 6;
    return (
      (count(node) / filters / 2) * (stepCost(tapsOf(node), filters, 4, 2) + 2 * patch + 40) + 100
    );
  },
  bind: (node, profile): Binding => {
    const offsets = Uint16Array.from({ length: patchBytes(node) }, (_, i) => {
      return patchOffsets(node)[i] ?? 0;
    });
    const table = gathers(node) ? tableArray("offsets", "uint16", offsets) : undefined;
    return {
      inputs: [0],
      constants: [streamArray(node, profile, 4), table],
      takesRows: "scattered",
      core: convCore(node, profile, patchBytes(node), patchBytes(node)),
      struct: "mote_conv_packed_s8_shape",
      shape: convShape(node, patchBytes(node), gathers(node)),
    };
  },
};

const fullyConnected: Kernel = {
  name: "fully_connected_packed_s8",
  header: "fully_connected_packed_s8.h",
  ops: ["FullyConnected"],
  isa: ["mve"],
  rowsAtOnce: () => 1,
  serves: (node) => isWeightedInt8(node) && inputType(node, 1).shape[0]! < 2 ** 15,
  cost: (node) => {
    const [filters, features] = inputType(node, 1).shape as [number, number];
    return (count(node) / filters) * (stepCost(features, filters, 8, 1) + 20) + 20;
  },
  bind: (node, profile): Binding => {
    const [filters, features] = inputType(node, 1).shape as [number, number];
    const sizes = [Math.floor(features / 16), features % 16];
    return {
      inputs: [0],
      constants: [streamArray(node, profile, 8)],
      takesRows: false,
      core: {
        macro: "MOTE_PACKED_S8_ROW",
        arguments: [...sizes, filters, ...coreScales(node, profile)],
      },
      struct: "mote_fully_connected_packed_s8_shape",
      shape: matrixFields(node),
    };
  },
};

export const mveKernels: readonly Kernel[] = [
  pointwise,
  patches,
  grouped(pointwise, 4),
  grouped(patches, 4),
  fullyConnected,
];

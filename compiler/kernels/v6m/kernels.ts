/**
 * Kernels for processors that multiply one number at a time (Armv6-M, Armv7-M without DSP): two
 * pixels share a word, and so a multiplication.
 */
import { constantOf, type Node, num } from "../../ir/graph.ts";
import { elementCount } from "../../ir/types.ts";
import type { Profile } from "../../ops/numerics.ts";
import { grouped } from "../grouped.ts";
import {
  type Binding,
  type Fields,
  inputType,
  type Kernel,
  outputType,
  tableArray,
  weightsArray,
} from "../kernel.ts";
import { blockRows, blocksFitInPlace } from "../order.ts";
import { widened } from "../widened.ts";
import { depthwiseEights } from "./depthwise.ts";
import { fullyConnectedKernels } from "./fc.ts";
import { filtersOf, foldedBias, partsOf, portableNamed, rescaleOf } from "./filters.ts";
import { depthwiseLines } from "./lines.ts";
import { type Filters, type Packing, pack, packed } from "./packing.ts";

interface Prepared {
  readonly filters: Filters;
  readonly packing: Packing;
}

/** bias, multiplier, corrections…, 0 for each filter; and where every eighth begins. */
function filterTable(packing: Packing, bias: readonly number[], multipliers: readonly number[]) {
  const words: number[] = [];
  const starts: number[] = [];
  bias.forEach((b, f) => {
    if (f % 8 === 0) starts.push(words.length);
    words.push(b, multipliers[f]!, ...packing.corrections[f]!, 0);
  });
  return { words, starts };
}

/** A part for each group of the convolution, all as long as the longest. */
function inParts(words: readonly number[], starts: readonly number[], groups: number): number[] {
  const begins = starts.filter((_, i) => i % (starts.length / groups) === 0);
  const parts = begins.map((begin, i) => words.slice(begin, begins[i + 1]));
  const longest = Math.max(...parts.map((p) => p.length));
  return parts.flatMap((p) => [...p, ...new Array<number>(longest - p.length).fill(0)]);
}

interface Family {
  readonly base: string;
  readonly depthwise: boolean;
  readonly fits: (node: Node) => boolean;
  readonly scratchWords: (window: Readonly<Record<string, number>>, p: Packing) => number;
}

const kernelTaps = (w: Readonly<Record<string, number>>): number => w.kernel_h! * w.kernel_w!;

const conv: Family = {
  base: "conv_2d_s8",
  depthwise: false,
  fits: (node) => (node.attrs.group ?? 1) === 1,
  scratchWords: (w, p) => 2 * p.taps + 4 * w.out_c! + Math.ceil(w.in_c! / 4),
};
const depthwise: Family = {
  base: "depthwise_conv_2d_s8",
  depthwise: true,
  fits: () => true,
  scratchWords: (w, p) => 4 * kernelTaps(w) + 16 * p.taps + 32 + 2,
};

/** The most that a correction's 16 bits of byte offset can say. */
const maxTaps = 8191;
/** Σ|w| above which the sum of high halves, 2^8-fold, might leave 32 bits. */
const maxMagnitude = 60000;

function pairsKernel(f: Family): Kernel {
  const portable = portableNamed(f.base);
  const known = new WeakMap<Node, Prepared>();
  const prepared = (node: Node): Prepared => {
    const before = known.get(node);
    if (before) return before;
    const filters = filtersOf(node);
    const made = { filters, packing: pack(filters) };
    known.set(node, made);
    return made;
  };
  const windowOf = (node: Node) =>
    portable.bind(node, "fast").shape.window as Record<string, number>;
  return {
    name: `${f.base}_pairs`,
    header: `${f.base}_pairs.h`,
    ops: portable.ops,
    isa: ["scalar"],
    serves: (node) => portable.serves(node) && f.fits(node) && isSafe(node),
    scratchBytes: (node) => 4 * f.scratchWords(windowOf(node), prepared(node).packing),
    rowsAtOnce: (node) => blockRows(windowOf(node), 4),
    pixelsAtOnce: 4,
    inPlace: (node) => (blocksOfFourFitInPlace(node, windowOf(node), f.depthwise) ? [0] : []),
    cost: (node) => costOf(f, node, prepared(node)),
    bind: (node, profile) => bindPairs(f, portable, node, profile, prepared(node)),
  };
}

/** A last block that reached back would read again what others have overwritten. */
function blocksOfFourFitInPlace(
  node: Node,
  window: Readonly<Record<string, number>>,
  depthwise: boolean,
): boolean {
  const pixels = window.out_h! * window.out_w!;
  const isWhole = pixels < 4 || pixels % 4 === 0;
  const keepsChannels = !depthwise || window.in_c === window.out_c;
  return isWhole && keepsChannels && blocksFitInPlace(node, window, pixels < 4 ? 1 : 4);
}

function isSafe(node: Node): boolean {
  const { data, shape } = constantOf(node.inputs[1])!;
  const taps = data.length / shape[0]!;
  for (let f = 0; f < shape[0]!; f++) {
    let sum = 0;
    for (let t = 0; t < taps; t++) sum += Math.abs(Number(data[f * taps + t]));
    if (sum > maxMagnitude) return false;
  }
  return taps <= maxTaps - 64;
}

/**
 * Blocks of four pixels; expanding a tap's words is 20 instructions where they are eight channels'
 * only, else 10 and 160 for finding them; a rescale about 30 or, with so few filters a call, 40.
 * Portable kernels count half of what these processors need, so this is halved, too.
 */
function costOf(f: Family, node: Node, { filters, packing }: Prepared): number {
  const outputs = elementCount(outputType(node).shape);
  const count = node.attrs.stacked ? num(node, "filters") : filters.count;
  const blocks = outputs / count / 4;
  const products = (packing.instructions * count) / filters.count;
  const positions = elementCount(inputType(node, 1).shape.slice(1, 3));
  const expanding = f.depthwise
    ? filters.taps * filters.count * 20 + 150
    : filters.taps * 10 + positions * 160 + 350;
  const rescaling = outputs * (f.depthwise ? 40 : 30);
  const measured = blocks * (products + expanding) + rescaling;
  return Math.round(measured / 2);
}

function bindPairs(
  f: Family,
  portable: Kernel,
  node: Node,
  profile: Profile,
  prepared: Prepared,
): Binding {
  const parts = partsOf(portable, node, profile);
  const { binding, requantization: r } = parts;
  const window = binding.shape.window as Record<string, number>;
  const rescale = window.y_channel === 1 ? rescaleOf(prepared.filters, parts) : undefined;
  const raw = rescale ? 0 : 1;
  const { bias, multipliers } = rescale ?? { ...parts, bias: foldedBias(prepared.filters, parts) };
  const packing = packed(rescale?.filters ?? prepared.filters, prepared.packing.size);
  const { words, starts } = filterTable(packing, bias, multipliers);
  const groupCount = num(node, "stacked", 1);
  const range = raw ? [-128, 127] : [r.min!, r.max!];
  const { size, unroll, exact } = packing;
  const shape: Fields = {
    window,
    multiplier: binding.shape.multiplier ?? 1,
    taps: packing.taps,
    x_zero_point: binding.shape.x_zero_point!,
    raw,
    requantization: binding.shape.requantization!,
  };
  return {
    inputs: [0],
    constants: [
      weightsArray("weights", "int8", packing.weights),
      weightsArray("filters", "int32", Int32Array.from(inParts(words, starts, groupCount))),
      ...(f.depthwise ? [tableArray("starts", "int32", Int32Array.from(starts))] : []),
      raw ? binding.constants[2] : undefined,
      raw ? binding.constants[3] : undefined,
    ],
    takesRows: "scattered",
    core: {
      macro: "MOTE_PAIRS_CORE",
      arguments: [size, unroll, ...range, raw, f.depthwise ? 1 : 0, exact ? 1 : 0],
    },
    struct: "mote_pairs_shape",
    shape,
  };
}

const convPairs = pairsKernel(conv);

export const v6mKernels: readonly Kernel[] = [
  convPairs,
  grouped(convPairs, 8),
  pairsKernel(depthwise),
  depthwiseEights,
  depthwiseLines,
  widened(depthwiseEights, 8),
  ...fullyConnectedKernels,
];

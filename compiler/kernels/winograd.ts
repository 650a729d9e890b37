/**
 * int8 3x3 convolutions by Winograd's F(2x2, 3x3) (Lavin and Gray 2016), exact in integers: weights
 * are transformed with 2G, so that sums are four times the convolution's.
 */
import { constantOf, type Node } from "../ir/graph.ts";
import { geometry, hasConstantWeights, windowFields } from "./conv.ts";
import { halves, reachesOf, rescalingOf, startsOf, streamOf } from "./dsp-pack.ts";
import { hasTypes, inputType, type Kernel } from "./kernel.ts";

/** The matrix 2G. */
const twiceG = [
  [2, 0, 0],
  [1, 1, 1],
  [1, -1, 1],
  [0, 0, 2],
] as const;

/** Sixteen transformed weights of one filter and channel: (2G) g (2G)ᵀ. */
export function transformed(g: (row: number, column: number) => number): number[] {
  return twiceG.flatMap((a) =>
    twiceG.map((b) => {
      let sum = 0;
      for (let r = 0; r < 3; r++) for (let k = 0; k < 3; k++) sum += a[r]! * b[k]! * g(r, k);
      return sum;
    }),
  );
}

const positions = 16;
/** Pairs of channels in a turn of the loop. */
const longestUnroll = 32;

function loopOf(node: Node) {
  const pairs = geometry(node).channels / 2;
  const turns = Math.ceil(pairs / longestUnroll);
  const unroll = Math.ceil(pairs / turns);
  return { unroll, turns, pairs: unroll * turns };
}

const groupsOf = (node: Node): number => Math.ceil(geometry(node).filters / 4);

/** Of every four filters: starts, weights [position][pair of channels][filter], multipliers. */
function weightStream(node: Node, starts: (f: number) => number, multipliers: readonly number[]) {
  const { data } = constantOf(node.inputs[1])!;
  const { filters, channels } = geometry(node);
  const { pairs } = loopOf(node);
  const weights = (f: number, c: number): number[] =>
    transformed((r, k) => Number(data[((f * 3 + r) * 3 + k) * channels + c]));
  const words: number[] = [];
  for (let f = 0; f < groupsOf(node) * 4; f += 4) {
    const group = [f, f + 1, f + 2, f + 3];
    const u = group.map((g) =>
      Array.from({ length: channels }, (_, c) => (g < filters ? weights(g, c) : [])),
    );
    words.push(...group.map(starts));
    for (let p = 0; p < positions; p++)
      for (let pair = 0; pair < pairs; pair++) {
        const c = (pair >> 1) * 4 + (pair & 1);
        for (const filter of u) words.push(halves(filter[c]?.[p] ?? 0, filter[c + 2]?.[p] ?? 0));
      }
    words.push(...group.map((g) => multipliers[g] ?? 0));
  }
  return streamOf(words);
}

function serves(node: Node): boolean {
  if (!hasTypes(node, ["int8", "int8", "int32"], "int8") || !hasConstantWeights(node)) return false;
  const { group, channels, window, x } = geometry(node);
  const { kernel, strides, dilations } = window;
  const isPlain = [...strides, ...dilations].every((n) => n === 1) && kernel.join() === "3,3";
  if (group !== 1 || !isPlain || channels % 4 !== 0 || x[1] !== 1) return false;
  return reachesOf(node).every((reach) => reach < 2 ** 29);
}

export const winograd: Kernel = {
  name: "winograd_conv_2d_s8",
  header: "winograd_conv_2d_s8.h",
  ops: ["Conv2D"],
  serves,
  scratchBytes: (node) => 128 * loopOf(node).pairs + Math.max(512, 24 * geometry(node).channels),
  cost: (node) => {
    const { batch, channels, window } = geometry(node);
    const { pairs, turns } = loopOf(node);
    const tilePairs = Math.ceil(window.output[0]! / 2) * Math.ceil(window.output[1]! / 4);
    const products = positions * (11 * pairs + 8 + (turns > 1 ? 4 * turns + 3 : 0)) + 40;
    return batch * tilePairs * (groupsOf(node) * (products + 8 * 72) + 84 * channels + 60);
  },
  bind: (node, profile) => {
    const { unroll, turns, pairs } = loopOf(node);
    const r = rescalingOf(node, profile);
    return {
      inputs: [0],
      constants: [weightStream(node, startsOf(node, r.biases), r.multipliers), r.exponents],
      takesRows: true,
      core: { macro: "MOTE_WINOGRAD_TILES", arguments: [unroll, turns] },
      struct: "mote_winograd_conv_2d_s8_shape",
      shape: {
        window: windowFields(node),
        pairs,
        x_zero_point: inputType(node).quant!.zeroPoint[0]!,
        raw: r.raw ? 1 : 0,
        requantization: r.requantization,
      },
    };
  },
};

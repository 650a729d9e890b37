/**
 * 3x3 convolutions of stride 1 by Winograd's F(2x2, 3x3) (Lavin and Gray 2016). It is exact in
 * integers: weights are transformed with 2G, so that sums are four times the convolution's.
 */
import { constantOf, type Node } from "../ir/graph.ts";
import { clampFields, geometry, hasConstantWeights, windowFields } from "./conv.ts";
import { rowsAtOnce } from "./dsp/layer.ts";
import { halves, reachesOf, rescalingOf, startsOf, streamOf } from "./dsp/pack.ts";
import { filtersOf, inGroups } from "./fpu.ts";
import { alignUp, hasTypes, inputType, type Kernel, weightsArray } from "./kernel.ts";
import { windowRows } from "./order.ts";

/** The matrix 2G. */
const twiceG = [
  [2, 0, 0],
  [1, 1, 1],
  [1, -1, 1],
  [0, 0, 2],
] as const;

/** Sixteen transformed weights of one filter and channel: (2G) g (2G)ᵀ. */
function transformed(g: (row: number, column: number) => number): number[] {
  return twiceG.flatMap((a) =>
    twiceG.map((b) => {
      let sum = 0;
      for (let r = 0; r < 3; r++) for (let k = 0; k < 3; k++) sum += a[r]! * b[k]! * g(r, k);
      return sum;
    }),
  );
}

const positions = 16;
/** Pairs of channels in a turn of the loop, an even number. */
const longestUnroll = 32;

function loopOf(node: Node) {
  const pairs = geometry(node).channels / 2;
  const turns = Math.ceil(pairs / longestUnroll);
  const unroll = 2 * Math.ceil(pairs / 2 / turns);
  return { unroll, turns, pairs: unroll * turns };
}

const groupsOf = (node: Node): number => Math.ceil(geometry(node).filters / 4);

/** The loops' immediate operands reach so far. */
const mostChannels = 1020;

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

/** A 3x3 kernel of stride 1 over all channels. */
function isSquare(node: Node): boolean {
  const { group, window } = geometry(node);
  const { kernel, strides, dilations } = window;
  const isPlain = [...strides, ...dilations].every((n) => n === 1);
  return group === 1 && isPlain && kernel.join() === "3,3" && hasConstantWeights(node);
}

function servesInt8(node: Node): boolean {
  if (!hasTypes(node, ["int8", "int8", "int32"], "int8") || !isSquare(node)) return false;
  const { channels, x } = geometry(node);
  return (
    channels % 4 === 0 &&
    channels <= mostChannels &&
    x[1] === 1 &&
    reachesOf(node).every((reach) => reach < 2 ** 29)
  );
}

const int8: Kernel = {
  name: "winograd_conv_2d_s8",
  header: "winograd_conv_2d_s8.h",
  ops: ["Conv2D"],
  serves: servesInt8,
  scratchBytes: (node) => 128 * loopOf(node).pairs + Math.max(512, 24 * geometry(node).channels),
  rowsAtOnce: (node) => rowsAtOnce(node, 2),
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
      takesRows: "scattered",
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

/** From this position, (1, 1), a number gets to all four outputs of a tile. */
const biasPosition = 5;

/** Of every four filters, weights of each position as the core takes them, the bias at one. */
function floatStream(node: Node): number[] {
  const f = filtersOf(node);
  const { channels } = geometry(node);
  const u = Array.from({ length: f.filters * channels }, (_, i) => {
    const [filter, c] = [Math.floor(i / channels), i % channels];
    return transformed((r, k) => f.weights[((filter * 3 + r) * 3 + k) * channels + c]!);
  });
  return Array.from({ length: groupsOf(node) * positions }, (_, i) => {
    const [first, p] = [4 * Math.floor(i / positions), i % positions];
    const end = Math.min(first + 4, f.filters);
    const weights = u.slice(first * channels, end * channels).map((g) => g[p]! / 4);
    const bias = p === biasPosition ? Array.from(f.bias).slice(first, end) : [];
    return inGroups(
      { weights, bias, products: channels, filters: end - first },
      4,
      4,
      productsOf(node),
    );
  }).flat();
}

const productsOf = (node: Node): number => alignUp(geometry(node).channels, 4);

const float: Kernel = {
  name: "winograd_conv_2d_f32",
  header: "winograd_conv_2d_f32.h",
  ops: ["Conv2D"],
  serves: (node) => hasTypes(node, ["float32", "float32", "float32"], "float32") && isSquare(node),
  scratchBytes: (node) => 256 * (productsOf(node) + 4),
  rowsMultiple: 2,
  /** Four tiles of two rows. */
  rowsAtOnce: (node) => {
    const across = Math.ceil(geometry(node).window.output[1]! / 2);
    const tileRows = across % 4 === 0 ? 1 : Math.floor((across + 2) / across) + 1;
    return windowRows(windowFields(node), 2 * tileRows);
  },
  cost: (node) => {
    const { batch, channels, filters, window } = geometry(node);
    const tiles = Math.ceil(window.output[0]! / 2) * Math.ceil(window.output[1]! / 2);
    const products = positions * groupsOf(node) * (productsOf(node) * 34.5 + 80);
    return batch * Math.ceil(tiles / 4) * (products + 4 * (85 * channels + 70 * filters + 40));
  },
  bind: (node) => ({
    inputs: [0],
    constants: [weightsArray("weights", "float32", Float32Array.from(floatStream(node)))],
    takesRows: "scattered",
    core: { macro: "MOTE_CORE_F32_X4", arguments: [0] },
    struct: "mote_winograd_conv_2d_f32_shape",
    shape: {
      window: windowFields(node),
      products: productsOf(node),
      ...clampFields(node),
    },
  }),
};

export const winogradKernels: readonly Kernel[] = [int8, float];

/**
 * int8 fully connected layers for cores with DSP instructions: some inputs are laid out as 16-bit
 * numbers in scratch memory, the others expanded in registers for every four filters.
 */
import type { Node } from "../../ir/graph.ts";
import { typeBytes } from "../../ir/types.ts";
import type { Profile } from "../../ops/numerics.ts";
import { hasConstantWeights } from "../conv.ts";
import { type Binding, hasTypes, inputType, type Kernel, outputType } from "../kernel.ts";
import { core, groupsOf, isInteger, tapsOf } from "./layer.ts";
import {
  canPack,
  canPackBiases,
  packedStream,
  type Rescaling,
  rescalingOf,
  unscaled,
} from "./pack.ts";

/** A loop over so many inputs at once: how often they stand in it, and its turns. */
interface Loop {
  readonly unroll: number;
  readonly turns: number;
}

/** What so many inputs of a loop take, and a turn of it. */
interface Kind {
  readonly inputs: number;
  readonly longest: number;
  readonly instructions: number;
  readonly turn: number;
}

const words: Kind = { inputs: 4, longest: 9, instructions: 14, turn: 2 };
const stored: Kind = { inputs: 8, longest: 8, instructions: 31, turn: 3 };

const steps = ({ unroll, turns }: Loop): number => unroll * turns;
const instructionsOf = (loop: Loop, { instructions, turn }: Kind): number =>
  steps(loop) * instructions + loop.turns * turn;

/** So many inputs, over all groups of filters, are not worth the code. */
const isFew = (node: Node, inputs: number): boolean => inputs * groupsOf(node) <= 256;

const longestFor = (node: Node, kind: Kind, inputs: number): number =>
  isFew(node, inputs) ? 1 : kind.longest;

/** The loop that takes the fewest instructions for at least so many inputs. */
function wordsLoop(node: Node, inputs: number): Loop {
  const count = Math.ceil(inputs / words.inputs);
  const loops = Array.from({ length: longestFor(node, words, inputs) }, (_, i) => ({
    unroll: i + 1,
    turns: Math.ceil(count / (i + 1)),
  }));
  const cost = (loop: Loop) => instructionsOf(loop, words);
  return loops.reduce((best, loop) => (cost(loop) < cost(best) ? loop : best));
}

const noLoop: Loop = { unroll: 0, turns: 0 };

/** The longest loop, for so many inputs or a few less where that makes it longer. */
function storedLoop(node: Node, inputs: number, fewest: number): Loop {
  let best = noLoop;
  const most = Math.floor(inputs / stored.inputs);
  for (let count = most; count * stored.inputs >= fewest && count > 0; count--)
    for (let unroll = longestFor(node, stored, inputs); unroll > best.unroll; unroll--)
      if (count % unroll === 0) best = { unroll, turns: count / unroll };
  return best;
}

/** Inputs of a row that are taken as they are stored, and words of the others. */
interface Row {
  readonly stored: Loop;
  readonly words: Loop;
}

/** So many inputs at most may be laid out beyond what was asked for. */
const slack = 16;

/** A row of which this part is to be laid out. */
function rowOf(node: Node, part: number): Row {
  const inputs = tapsOf(node);
  const asIs = inputs - Math.floor(part * inputs);
  const first = part === 1 ? noLoop : storedLoop(node, asIs, part === 0 ? inputs : asIs - slack);
  const rest = inputs - steps(first) * stored.inputs;
  return { stored: first, words: rest > 0 ? wordsLoop(node, rest) : noLoop };
}

const storedOf = (row: Row): number => steps(row.stored) * stored.inputs;
const pairsOf = (row: Row): number => 2 * steps(row.words);

function bindRow(node: Node, row: Row, r: Rescaling, tables: Binding["constants"]): Binding {
  const [rows, inFeatures] = inputType(node).shape as [number, number];
  return {
    inputs: [0],
    constants: [packedStream(node, storedOf(row) / 2 + pairsOf(row), r), ...tables],
    takesRows: false,
    core: core("MOTE_DUAL_ROW", [row.stored.unroll, row.words.unroll], r),
    struct: "mote_dual_fully_connected_s8_shape",
    shape: {
      rows,
      in_features: inFeatures,
      out_features: inputType(node, 1).shape[0]!,
      stored: storedOf(row),
      pairs: pairsOf(row),
      raw: r.raw ? 1 : 0,
      requantization: r.requantization,
    },
  };
}

const rowsOf = (node: Node): number => inputType(node).shape[0]!;

/** Whether the kernel that lays out this part of a row is one of its own. */
function servesPart(node: Node, part: number): boolean {
  if (part === 1) return true;
  const isWorthIt = rowsOf(node) === 1 && !isFew(node, tapsOf(node));
  return isWorthIt && storedOf(rowOf(node, part)) > 0;
}

/** The kernel that lays out this part of a row. */
const fullyConnected = (name: string, part: number): Kernel => ({
  name,
  header: "dual_fully_connected_s8.h",
  ops: ["FullyConnected"],
  isa: ["dsp"],
  serves: (node) => isInteger(node) && canPack(node) && servesPart(node, part),
  scratchBytes: (node) => 4 * pairsOf(rowOf(node, part)),
  scratchOver: (node) => (rowsOf(node) === 1 ? storedOf(rowOf(node, part)) : undefined),
  readsFirst: (node) => part === 1 && rowsOf(node) === 1,
  inPlace: (node) =>
    part === 1 && typeBytes(outputType(node)) <= typeBytes(inputType(node)) ? [0] : [],
  cost: (node) => {
    const row = rowOf(node, part);
    const sums = instructionsOf(row.stored, stored) + instructionsOf(row.words, words);
    return rowsOf(node) * (groupsOf(node) * (sums + 30) + pairsOf(row) * 2 + 60);
  },
  bind: (node, profile: Profile) => {
    const r = rescalingOf(node, profile);
    return bindRow(node, rowOf(node, part), r, [r.exponents]);
  },
});

const whole = fullyConnected("dual_fully_connected_s8", 1);

/** For less scratch memory: so many inputs in a hundred are laid out. */
const parts = [80, 60, 40, 20, 0].map(
  (percent): Kernel => ({
    ...fullyConnected(`${whole.name}_${percent}`, percent / 100),
    measuredAs: whole.name,
  }),
);

/** The accumulators themselves. */
const accumulators: Kernel = {
  ...whole,
  name: "dual_fully_connected_s8_s32",
  serves: (node) =>
    hasTypes(node, ["int8", "int8", "int32"], "int32") &&
    hasConstantWeights(node) &&
    canPackBiases(node),
  bind: (node) => bindRow(node, rowOf(node, 1), unscaled(node), []),
};

export const fullyConnectedKernels: readonly Kernel[] = [whole, ...parts, accumulators];

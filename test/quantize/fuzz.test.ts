/** Random graphs, quantised: the integer graph stays near the one that only marks what is quantised. */
import { expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { overflowing, verify } from "../../compiler/check/verify.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { printGraph } from "../../compiler/ir/print.ts";
import { numbers, type Tensor } from "../../compiler/ir/tensor.ts";
import { integerBoundary } from "../../compiler/quantize/boundary.ts";
import { insertQuantization, observeRanges } from "../../compiler/quantize/calibrate.ts";
import { settleEdges, toInteger } from "../../compiler/rewrite/stages.ts";
import { randomGraph } from "../support/graphs.ts";
import { lowered } from "../support/oracle.ts";
import { Random } from "../support/random.ts";

const count = process.env.MOTE_SOAK === "1" ? 10_000 : 300;

/** Mean and largest difference of an output, as parts of its range. */
function distance(got: Tensor, want: Tensor): { mean: number; largest: number } {
  const [a, b] = [numbers(got), numbers(want)];
  const list = Array.from(b);
  const range = Math.max(...list, 0) - Math.min(...list, 0) || 1;
  const differences = list.map((x, i) => Math.abs(x - a[i]!) / range);
  const mean = differences.reduce((s, d) => s + d, 0) / differences.length;
  return { mean, largest: Math.max(...differences) };
}

const noneFloat = () => false;

interface Quantised {
  readonly marked: Graph<"lowered">;
  readonly integer: Graph<"lowered">;
}

function quantised(graph: Graph<"lowered">, samples: Tensor[][]): Quantised {
  const log = new Map<string, number>();
  const marked = insertQuantization(graph, observeRanges(graph, samples), noneFloat);
  return { marked, integer: settleEdges(toInteger(marked, noneFloat, log), log) };
}

function check(seed: number): number {
  const random = new Random(seed);
  const graph = lowered(randomGraph(random, random.int(1, 8)));
  const draw = () => graph.inputs.map((v) => random.tensor("float32", v.type.shape, -1, 1));
  const samples = Array.from({ length: 5 }, draw);
  const { marked, integer } = quantised(graph, samples);
  const where = () => `seed ${seed}:\n${printGraph(marked).text}\n${printGraph(integer).text}`;
  const bounded = toInteger(integerBoundary(integer), noneFloat, new Map());
  for (const g of [marked, integer, bounded])
    for (const { problem } of verify(g)) expect.fail(`${problem}\n${where()}`);
  expect(overflowing(integer)).toEqual([]);
  const want = evaluate(marked, samples[0]!);
  const distances = evaluate(integer, samples[0]!).map((t, i) => distance(t, want[i]!));
  if (distances.some((d) => !(d.mean < 0.2)))
    expect.fail(`${JSON.stringify(distances)}\n${where()}`);
  return Math.max(...distances.map((d) => d.mean));
}

it(`${count} random graphs`, { timeout: 1e7 }, () => {
  const worst = Array.from({ length: count }, (_, i) => check(i + 1)).sort((a, b) => a - b);
  expect(worst[Math.floor(count / 2)]).toBeLessThan(0.005);
  expect(worst[Math.floor(count * 0.95)]).toBeLessThan(0.05);
});

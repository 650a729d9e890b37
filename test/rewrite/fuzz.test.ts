/** Random graphs: every stage keeps their numbers, and what comes out is sound and planned soundly. */
import { expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { verify } from "../../compiler/check/verify.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { printGraph } from "../../compiler/ir/print.ts";
import { numbers, type Tensor } from "../../compiler/ir/tensor.ts";
import { toNhwc } from "../../compiler/read/samples.ts";
import { nhwcBoundary } from "../../compiler/rewrite/boundary.ts";
import { fuse, lower, settleEdges, simplify } from "../../compiler/rewrite/stages.ts";
import { randomGraph } from "../support/graphs.ts";
import { expectNear, largestDifference } from "../support/near.ts";
import { Random } from "../support/random.ts";

const count = process.env.MOTE_SOAK === "1" ? 20_000 : 400;

/** The graph after each stage, by the stage's name. */
function stagesOf(graph: Graph<"imported">): [string, Graph][] {
  const log = new Map<string, number>();
  const simple = simplify(graph, log);
  const fused = fuse(simple, log);
  const lowered = lower(fused, log);
  return [
    ["simplify", simple],
    ["fuse", fused],
    ["lower", lowered],
    ["edges", settleEdges(lowered, log)],
  ];
}

function check(seed: number): void {
  const random = new Random(seed);
  const graph = randomGraph(random, random.int(1, 14));
  const inputs = graph.inputs.map((v) => random.tensor("float32", v.type.shape, -1, 1));
  const want = evaluate(graph, inputs);
  for (const [stage, after] of stagesOf(graph)) {
    const where = () =>
      `seed ${seed} after ${stage}:\n${printGraph(graph).text}\n${printGraph(after).text}`;
    const wrong = verify(after);
    if (wrong.length > 0) expect.fail(`${wrong[0]!.problem}\n${where()}`);
    evaluate(after, inputs).forEach((t, i) => {
      const [a, b] = [numbers(t), numbers(want[i]!)];
      const bound = 1e-4 * Math.max(1, ...Array.from(b, Math.abs));
      if (!(largestDifference(a, b) <= bound)) expect.fail(where());
    });
  }
}

it(`${count} random graphs keep their numbers`, { timeout: 1e7 }, () => {
  for (let seed = 1; seed <= count; seed++) check(seed);
});

/** Images in NHWC; other tensors as they are. */
const permuted = (t: Tensor): Tensor => (t.shape.length === 4 ? toNhwc(t) : t);

it("NHWC at the boundary: the same numbers for permuted images", { timeout: 1e7 }, () => {
  for (let seed = 1; seed <= count / 4; seed++) {
    const random = new Random(seed);
    const graph = randomGraph(random, 8);
    const after = lower(simplify(nhwcBoundary(graph), new Map()), new Map());
    const inputs = graph.inputs.map((v) => random.tensor("float32", v.type.shape, -1, 1));
    const want = evaluate(graph, inputs).map(permuted);
    evaluate(after, inputs.map(permuted)).forEach((t, i) => {
      expectNear(t, want[i]!, 1e-4);
    });
  }
});

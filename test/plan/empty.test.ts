/** Tensors without elements have a place, whichever of their sizes is 0. */
import { expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { compile } from "../../compiler/compile.ts";
import { input, makeGraph } from "../../compiler/ir/graph.ts";
import { build } from "../../compiler/ops/build.ts";
import { runBatch } from "../support/batch.ts";
import { expectNear } from "../support/near.ts";
import { Random } from "../support/random.ts";

const shapes = [[0], [3, 0], [1, 0, 3, 4], [1, 2, 0, 4], [1, 2, 3, 0], [0, 2, 3, 4]];

it.each(["host", "cortex-m0plus"])("joined to one with elements on the %s", async (target) => {
  const random = new Random(5);
  const cases = shapes.map((shape, i) => {
    const axis = shape.indexOf(0);
    const x = input("x", { elem: "float32", shape });
    const k = input("k", { elem: "float32", shape: shape.with(axis, 2) });
    const own = build("Tanh", [x]);
    const all = build("Concat", [own, build("Tanh", [k])], { axis });
    const outputs = [own, all].map((value, k) => ({ name: `y${k}`, value }));
    const graph = makeGraph("imported", "g", [x, k], outputs);
    const { program } = compile(graph, { target, name: `g${i}` });
    const inputs = [x, k].map((v) => random.tensor("float32", v.type.shape));
    return { program: program!, inputs };
  });
  const outputs = await runBatch(cases);
  for (const [i, { program, inputs }] of cases.entries()) {
    const [own, all] = evaluate(program.imported, inputs);
    expect(own!.data).toHaveLength(0);
    expectNear(outputs[i]![0]!, own!);
    expectNear(outputs[i]![1]!, all!);
  }
});

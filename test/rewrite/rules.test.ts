/** Every rule on its own example: it applies, the graph stays sound, the numbers stay. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { verify } from "../../compiler/check/verify.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { parseGraph } from "../../compiler/ir/parse.ts";
import type { RewriteLog, Rule } from "../../compiler/rewrite/engine.ts";
import { rewrite } from "../../compiler/rewrite/engine.ts";
import { lowerRules } from "../../compiler/rewrite/rules/lower.ts";
import { allRules } from "../../compiler/rewrite/stages.ts";
import { expectNear } from "../support/near.ts";
import { Random } from "../support/random.ts";

/** Rules that turn float arithmetic into integer arithmetic may round once more. */
const rounding = ["dq-op-q", "dequantize-quantize"];

const example = (rule: Rule) => parseGraph(rule.example) as Graph<"imported">;

function apply(rule: Rule): { before: Graph; after: Graph; log: RewriteLog } {
  const log: RewriteLog = new Map();
  const before = example(rule);
  return { before, after: rewrite(before, [rule], log), log };
}

/** While graphs are lowered, operators of both levels stand side by side. */
function problems(graph: Graph, rule: Rule): string[] {
  const isMixed = lowerRules.includes(rule);
  const found = verify(graph).map((v) => `${v.node.op}: ${v.problem}`);
  return found.filter((p) => !(isMixed && p.includes("does not belong in")));
}

describe.each(allRules.map((rule) => [rule.name, rule] as const))("%s", (_, rule) => {
  it("has a sound example", () => {
    expect(problems(example(rule), rule)).toEqual([]);
  });

  it("applies to it", () => {
    const { log } = apply(rule);
    expect([...log.keys()]).toEqual([rule.name]);
  });

  it("leaves a sound graph of the same types", () => {
    const { before, after } = apply(rule);
    expect(problems(after, rule)).toEqual([]);
    const types = (g: Graph) => g.outputs.map((o) => [o.name, o.value.type]);
    expect(types(after)).toEqual(types(before));
  });

  it.each([1, 2, 3, 4, 5])("keeps the numbers, sample %i", (seed) => {
    const random = new Random(seed);
    const { before, after } = apply(rule);
    const inputs = before.inputs.map(({ type }) => random.tensor(type.elem, type.shape));
    for (const profile of ["fast", "tflite"] as const) {
      const want = evaluate(before, inputs, { profile });
      const steps = rounding.includes(rule.name) ? 1 : 0;
      evaluate(after, inputs, { profile }).forEach((y, i) => {
        expectNear(y, want[i]!, 1e-5, steps);
      });
    }
  });
});

it("names every rule once", () => {
  const names = allRules.map((r) => r.name);
  expect(names.filter((n, i) => names.indexOf(n) !== i)).toEqual([]);
});

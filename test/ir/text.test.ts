/** The text form prints and parses back, at every stage of every bundled network. */
import { describe, expect, it } from "vitest";
import { verify } from "../../compiler/check/verify.ts";
import { compile } from "../../compiler/compile.ts";
import { constant, type Graph, input, makeGraph, makeNode } from "../../compiler/ir/graph.ts";
import { parseGraph } from "../../compiler/ir/parse.ts";
import { printGraph } from "../../compiler/ir/print.ts";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { elementTypes } from "../../compiler/ir/types.ts";
import { validate } from "../../compiler/plan/validate/validate.ts";
import { stages } from "../../compiler/steps.ts";
import { bundled, modelFile } from "../support/models.ts";

const graphStages = stages.filter((s) => s !== "emit");

describe.each(bundled)("%s", (name) => {
  const { dumps } = compile(modelFile(name), { dump: graphStages });

  it.each(graphStages)("after %s", (stage) => {
    const { text, weights } = dumps.get(stage)!;
    const again = printGraph(parseGraph(text, weights));
    expect(again.text).toBe(text);
    expect(Buffer.compare(again.weights, weights)).toBe(0);
  });

  it("parses into sound graphs", () => {
    for (const { text, weights } of dumps.values())
      expect(verify(parseGraph(text, weights))).toEqual([]);
  });

  it("parses into a sound plan", () => {
    const { text, weights } = dumps.get("plan")!;
    expect(validate(parseGraph(text, weights) as Graph<"planned">)).toEqual([]);
  });
});

it("a text of one graph says its level, and the stages lead from one to the next", () => {
  const { dumps } = compile(modelFile("ad"), { dump: graphStages });
  const levels = graphStages.map((s) => dumps.get(s)!.text.split(" ")[1]);
  expect(levels).toEqual([
    "imported",
    "imported",
    "imported",
    "lowered",
    "lowered",
    "lowered",
    "planned",
  ]);
});

const names = ['a "quoted" \\ name', "line\nbreak", "größe/1:0", "// no comment", "%0", ""];

/** Everything that the language has: types, parameters, attributes, names, absent operands. */
function everything(): Graph {
  const quant = { scale: [0.1, 1e-7, 3e21], zeroPoint: [0, -5, 7], axis: 1 };
  const x = input(names[0]!, { elem: "float32", shape: [] });
  const c = (t: Tensor, name = "") => constant(t, name);
  const small = elementTypes.map((elem) => c(tensorOf(elem, [2], [0, 1])));
  const large = elementTypes.map((elem) => c(tensorOf(elem, [3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9])));
  const special = c(tensorOf("float32", [5], [Number.NaN, Infinity, -Infinity, -0, 1e-45]));
  const int64s = c({
    elem: "int64",
    shape: [2],
    data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n),
  });
  const node = makeNode({
    op: "Anything",
    inputs: [x, undefined, ...small, ...large, special, int64s],
    attrs: {
      number: -1.5e-9,
      zero: -0,
      text: 'a "b"\n',
      list: [1, -2, 0.5],
      texts: ["a", 'b"'],
      none: [],
      tensor: tensorOf("int8", [2], [1, -1]),
      wide: tensorOf("float64", [9], [1, 2, 3, 4, 5, 6, 7, 8, 1 / 3]),
    },
    types: [
      { elem: "int8", shape: [2, 3], quant },
      { elem: "int8", shape: [0], quant: { scale: [0.5], zeroPoint: [-128] } },
      { elem: "int8", shape: [1, 1], quant: { scale: [0.5], zeroPoint: [3], axis: 0 } },
    ],
    names,
    origins: names,
  });
  const outputs = node.outputs.map((value, i) => ({ name: names[i]!, value }));
  return makeGraph("lowered", names[2]!, [x], outputs);
}

it("everything that the language has", () => {
  const { text, weights } = printGraph(everything());
  const parsed = parseGraph(text, weights);
  const again = printGraph(parsed);
  expect(again.text).toBe(text);
  expect(Buffer.compare(again.weights, weights)).toBe(0);
  expect(parsed.outputs[0]!.value.node.attrs).toEqual(everything().outputs[0]!.value.node.attrs);
  expect(parsed.outputs[0]!.value.type).toEqual(everything().outputs[0]!.value.type);
});

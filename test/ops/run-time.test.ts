/**
 * What decides shapes, computed at run time, where the model declares the shape of the result: the
 * reference and C against ONNX Runtime, with several operands each.
 */
import { expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import type { Shape } from "../../compiler/ir/types.ts";
import { type Case, runBatch } from "../support/batch.ts";
import { codes, diagnoseModel } from "../support/failures.ts";
import { expectNear } from "../support/near.ts";
import { encodeModel, type ModelInput, type NodeInput, writeBytes } from "../support/onnx.ts";
import { runOrt } from "../support/ort.ts";
import { compileModel } from "../support/programs.ts";
import { Random } from "../support/random.ts";

const random = new Random(11);
const x = random.tensor("float32", [3, 4, 5]);
const image = random.tensor("float32", [1, 2, 4, 6]);
const long = (...list: number[]): Tensor => tensorOf("int64", [list.length], list);
const floats = (...list: number[]): Tensor => tensorOf("float32", [list.length], list);

interface Open {
  readonly node: NodeInput;
  /** By run, the operands. */
  readonly runs: readonly Readonly<Record<string, Tensor>>[];
  readonly shape: Shape;
}

const open: Readonly<Record<string, Open>> = {
  Reshape: {
    node: { op: "Reshape", inputs: ["x", "s"] },
    runs: [{ x, s: long(5, 12) }],
    shape: [5, 12],
  },
  Expand: {
    node: { op: "Expand", inputs: ["x", "s"] },
    runs: [{ x, s: long(2, 1, 1, 5) }],
    shape: [2, 3, 4, 5],
  },
  Unsqueeze: {
    node: { op: "Unsqueeze", inputs: ["x", "a"] },
    runs: [{ x, a: long(1) }],
    shape: [3, 1, 4, 5],
  },
  Tile: {
    node: { op: "Tile", inputs: ["x", "r"] },
    runs: [{ x, r: long(1, 2, 3) }],
    shape: [3, 8, 15],
  },
  Slice: {
    node: { op: "Slice", inputs: ["x", "b", "e", "a", "s"] },
    runs: [
      { x, b: long(0, 1), e: long(4, 3), a: long(1, 2), s: long(2, 1) },
      { x, b: long(3, -1), e: long(-100, -5), a: long(-2, 2), s: long(-2, -2) },
      { x, b: long(-3, 3), e: long(100, 5), a: long(1, 2), s: long(2, 1) },
    ],
    shape: [3, 2, 2],
  },
  "Pad with a value": {
    node: { op: "Pad", inputs: ["x", "p", "v"] },
    runs: [
      { x, p: long(1, 0, 0, 0, 2, 1), v: tensorOf("float32", [], [7]) },
      { x, p: long(0, 2, 1, 1, 0, 0), v: tensorOf("float32", [], [-7]) },
    ],
    shape: [4, 6, 6],
  },
  "Pad by reflection": {
    node: { op: "Pad", inputs: ["x", "p"], attrs: { mode: "reflect" } },
    runs: [
      { x, p: long(0, 2, 1, 0, 1, 3) },
      { x, p: long(0, 0, 2, 0, 3, 2) },
    ],
    shape: [3, 7, 9],
  },
  "Resize by scales": {
    node: { op: "Resize", inputs: ["x", "", "s"], attrs: { mode: "linear" } },
    runs: [
      { x: image, s: floats(1, 1, 1.5, 0.5) },
      { x: image, s: floats(1, 1, 1.6, 0.6) },
    ],
    shape: [1, 2, 6, 3],
  },
  "Resize by sizes": {
    node: { op: "Resize", inputs: ["x", "", "", "s"], attrs: { mode: "cubic" } },
    runs: [{ x: image, s: long(1, 2, 7, 5) }],
    shape: [1, 2, 7, 5],
  },
  ReduceMax: {
    node: { op: "ReduceMax", inputs: ["x", "a"], attrs: { keepdims: 0 } },
    runs: [{ x: random.tensor("float32", [4, 3, 4]), a: long(1) }],
    shape: [4, 4],
  },
  Range: {
    node: { op: "Range", inputs: ["b", "e", "d"] },
    runs: [
      [2, 10, 2],
      [5, -3, -2],
    ].map(([b, e, d]) => ({
      b: tensorOf("int64", [], [b!]),
      e: tensorOf("int64", [], [e!]),
      d: tensorOf("int64", [], [d!]),
    })),
    shape: [4],
  },
};

const modelOf = ({ node, runs, shape }: Open, declared: boolean): ModelInput => ({
  inputs: Object.entries(runs[0]!).map(([name, t]) => ({ name, elem: t.elem, shape: t.shape })),
  nodes: [{ ...node, outputs: ["y"] }],
  outputs: [{ name: "y", ...(declared && { elem: runs[0]!.x?.elem ?? "int64", shape }) }],
  opset: 18,
});

it("agrees with ONNX Runtime", async () => {
  const cases: Case[] = [];
  const wanted: Tensor[] = [];
  for (const [i, test] of Object.values(open).entries()) {
    const bytes = encodeModel(modelOf(test, true));
    const file = writeBytes(bytes);
    const program = compileModel(file, { target: "host", name: `net${i}` });
    for (const run of test.runs) {
      const inputs = program.graph.inputs.map((v) => run[v.name]!);
      const [want] = await runOrt(bytes, run);
      expectNear(evaluate(program.imported, inputs)[0]!, want!, 1e-5, 0);
      cases.push({ program: { ...program, name: program.name }, inputs });
      wanted.push(want!);
    }
  }
  const single = new Map(cases.map((c, i) => [c.program.name, i]));
  const chosen = [...single.values()];
  const made = await runBatch(chosen.map((i) => cases[i]!));
  made.forEach(([y], k) => expectNear(y!, wanted[chosen[k]!]!, 1e-5, 0));
});

it.each(
  Object.entries(open),
)("%s warns of it, and is an error without a declaration", (_, test) => {
  expect(codes(diagnoseModel(modelOf(test, true)))).toContain(2019);
  expect(codes(diagnoseModel(modelOf(test, false)))).toContain(2005);
});

const low = -(2 ** 63);
const high = 2 ** 63 - 1024;
const pads = [
  [low, high, 0, high, low, 0],
  [high, -1, 100, 0, 0, -100],
];
const hostile: Readonly<Record<string, Open>> = {
  ...Object.fromEntries(
    ["constant", "edge", "reflect", "wrap"].map((mode) => [
      `Pad, ${mode}`,
      {
        node: { op: "Pad", inputs: ["x", "p"], attrs: { mode } },
        runs: pads.map((p) => ({ x, p: long(...p) })),
        shape: [3, 5, 5],
      },
    ]),
  ),
  Slice: {
    node: { op: "Slice", inputs: ["x", "b", "e", "a", "s"] },
    runs: [
      { x, b: long(low, high), e: long(high, low), a: long(high, -4), s: long(high, low) },
      { x, b: long(low, high), e: long(high, low), a: long(1, 2), s: long(1000, -1000) },
      { x, b: long(-1, 1), e: long(0, 0), a: long(0, 0), s: long(0, 2) },
    ],
    shape: [3, 2, 2],
  },
  NonMaxSuppression: {
    node: { op: "NonMaxSuppression", inputs: ["x", "s", "n", "t"] },
    runs: [-1, NaN, Infinity].map((t) => ({
      x: tensorOf("float32", [1, 3, 4], [0, 0, 1, 1, 0, 0, 1, 0.9, 0, 2, 1, 3]),
      s: tensorOf("float32", [1, 1, 3], [0.9, 0.8, 0.7]),
      n: long(t === -1 ? high : 2),
      t: floats(t),
    })),
    shape: [2, 3],
  },
  Col2Im: {
    node: { op: "Col2Im", inputs: ["x", "i", "b"] },
    runs: [
      [0, 4],
      [low, high],
      [4, 4],
      [2, 2],
    ].map((b) => ({ x: random.tensor("float32", [1, 4, 9]), i: long(4, 4), b: long(...b) })),
    shape: [1, 1, 4, 4],
  },
};

it.each(
  Object.entries(hostile),
)("%s of operands without a sense stays in its memory", async (_, test) => {
  const elem = test.node.op === "NonMaxSuppression" ? "int64" : "float32";
  const model = modelOf(test, true);
  const outputs = [{ name: "y", elem, shape: test.shape } as const];
  const file = writeBytes(encodeModel({ ...model, outputs }));
  const program = compileModel(file, { target: "host", name: "hostile" });
  const runs = test.runs.map((run) => program.graph.inputs.map((v) => run[v.name]!));
  const [inputs, ...later] = runs;
  const [made] = await runBatch([{ program, inputs: inputs!, later }]);
  const wanted = runs.map((run) => evaluate(program.imported, run)[0]!);
  for (const [i, want] of wanted.entries()) expectNear(made![i]!, want);
});

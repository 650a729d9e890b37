/** Networks in which operators with indices follow others: C on the host against the references. */
import { expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { type Case, runBatch } from "../support/batch.ts";
import { expectNear } from "../support/near.ts";
import { encodeModel, type ModelInput, writeBytes } from "../support/onnx.ts";
import { compileModel } from "../support/programs.ts";
import { Random } from "../support/random.ts";
import { f32, i64, number } from "../support/tensors.ts";

const random = new Random(12);
const x = { name: "x", elem: "float32", shape: [2, 6, 4] } as const;
const half = { name: "x", elem: "float16", shape: [3, 5] } as const;
const y = [{ name: "y" }];

const quantised = [
  { op: "QuantizeLinear", inputs: ["x", "scale", "zero"], outputs: ["q"] },
  { op: "DequantizeLinear", inputs: ["q", "scale", "zero"], outputs: ["d"] },
] as const;
const parameters = { scale: number(0.02), zero: number(3, "int8") };

/** By what they show. */
const models: Readonly<Record<string, ModelInput>> = {
  "indices of a TopK alone": {
    inputs: [x],
    nodes: [
      { op: "Tanh", inputs: ["x"], outputs: ["t"] },
      { op: "TopK", inputs: ["t", "k"], outputs: ["", "at"], attrs: { axis: 1 } },
      { op: "GatherElements", inputs: ["x", "at"], attrs: { axis: 1 } },
    ],
    initializers: { k: i64(3) },
    outputs: y,
  },
  "values of a TopK alone": {
    inputs: [x],
    nodes: [
      { op: "TopK", inputs: ["x", "k"], outputs: ["v", ""], attrs: { largest: 0 } },
      { op: "Abs", inputs: ["v"] },
    ],
    initializers: { k: i64(4) },
    outputs: y,
  },
  "elements at what is not 0": {
    inputs: [x],
    nodes: [
      { op: "Greater", inputs: ["x", "limit"], outputs: ["g"] },
      { op: "NonZero", inputs: ["g"], outputs: ["n"] },
      { op: "Transpose", inputs: ["n"], outputs: ["at"], attrs: { perm: [1, 0] } },
      { op: "GatherND", inputs: ["x", "at"] },
    ],
    initializers: { limit: number(0.5) },
    outputs: y,
  },
  "different values and how often they come": {
    inputs: [{ name: "x", elem: "int32", shape: [12] }],
    nodes: [
      { op: "Mod", inputs: ["x", "four"], outputs: ["m"] },
      { op: "Unique", inputs: ["m"], outputs: ["y", "", "", "counts"] },
    ],
    initializers: { four: number(4, "int32") },
    outputs: [...y, { name: "counts" }],
  },
  "one-hot codes added to rows": {
    inputs: [x],
    nodes: [
      { op: "ArgMax", inputs: ["x"], outputs: ["at"], attrs: { axis: 2, keepdims: 0 } },
      { op: "OneHot", inputs: ["at", "depth", "values"], outputs: ["o"] },
      { op: "Hardmax", inputs: ["x"], outputs: ["h"], attrs: { axis: -1 } },
      { op: "Sub", inputs: ["o", "h"], outputs: ["s"] },
      { op: "CumSum", inputs: ["x", "axis"], outputs: ["c"] },
      { op: "Add", inputs: ["s", "c"] },
    ],
    initializers: { depth: i64(4), values: f32(0, 2), axis: number(1, "int64") },
    outputs: y,
  },
  "a scatter in place": {
    inputs: [x, { name: "at", elem: "int64", shape: [3, 2] }],
    nodes: [
      { op: "Tanh", inputs: ["x"], outputs: ["t"] },
      { op: "Gather", inputs: ["t", "zero"], outputs: ["u"], attrs: { axis: 1 } },
      { op: "Tile", inputs: ["u", "repeats"], outputs: ["w"] },
      { op: "Slice", inputs: ["w", "first", "third", "first"], outputs: ["v"] },
      { op: "ScatterND", inputs: ["t", "at", "v"], attrs: { reduction: "add" } },
    ],
    initializers: { zero: number(0, "int64"), repeats: i64(2, 1), first: i64(0), third: i64(3) },
    outputs: y,
    opset: 16,
  },
  "the largest of stored numbers": {
    inputs: [{ name: "x", elem: "float32", shape: [3, 7] }],
    nodes: [...quantised, { op: "ArgMax", inputs: ["d"], attrs: { axis: 1 } }],
    initializers: parameters,
    outputs: y,
  },
  "stored numbers that are moved": {
    inputs: [{ name: "x", elem: "float32", shape: [1, 8, 3, 3] }],
    nodes: [
      ...quantised,
      { op: "DepthToSpace", inputs: ["d"], outputs: ["b"], attrs: { blocksize: 2 } },
      { op: "Tile", inputs: ["b", "repeats"] },
    ],
    initializers: { ...parameters, repeats: i64(1, 2, 1, 2) },
    outputs: y,
  },
  "a triangle of halves, repeated": {
    inputs: [half],
    nodes: [
      { op: "Trilu", inputs: ["x"], outputs: ["t"], attrs: { upper: 0 } },
      { op: "Tile", inputs: ["t", "repeats"] },
    ],
    initializers: { repeats: i64(2, 2) },
    outputs: y,
    opset: 14,
  },
  "attention by Einsum": {
    inputs: [x],
    nodes: [
      { op: "Einsum", inputs: ["x", "x"], outputs: ["s"], attrs: { equation: "bqd,bkd->bqk" } },
      { op: "Softmax", inputs: ["s"], outputs: ["p"], attrs: { axis: -1 } },
      { op: "Einsum", inputs: ["p", "x", "w"], attrs: { equation: "bqk,bkd,dd->qbd" } },
    ],
    initializers: { w: random.tensor("float32", [4, 4]) },
    outputs: y,
  },
};

it("index operators in programs", { timeout: 120_000 }, async () => {
  const wanted: Tensor[][] = [];
  const cases = Object.values(models).map((model, i): Case => {
    const file = writeBytes(encodeModel({ opset: 13, ...model }));
    const program = compileModel(file, { target: "host", name: `index${i}`, floatIo: true });
    const inputs = program.graph.inputs.map((v) =>
      v.name === "at"
        ? tensorOf("int64", [3, 2], [0, 1, 1, -2, 0, 1])
        : v.type.elem === "float16"
          ? tensorOf(
              "float16",
              v.type.shape,
              Array.from({ length: 15 }, (_, k) => k / 8 - 1),
            )
          : random.tensor(v.type.elem, v.type.shape),
    );
    wanted.push(evaluate(program.imported, inputs));
    return { program, inputs };
  });
  const outputs = await runBatch(cases);
  for (const [i, all] of outputs.entries())
    for (const [k, t] of all.entries()) expectNear(t, wanted[i]![k]!);
  expect(outputs.length).toBe(cases.length);
});

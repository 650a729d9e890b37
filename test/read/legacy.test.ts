/** Nodes of opsets before 7, by what ONNX's old documents say of their attributes. */
import { expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { readModel } from "../../compiler/read/model.ts";
import { codes, diagnoseModel } from "../support/failures.ts";
import { type ModelInput, type NodeInput, writeModel } from "../support/onnx.ts";

const x = tensorOf("float32", [2, 3, 2], [1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, -12]);

const modelOf = (
  node: NodeInput,
  constants: Record<string, Tensor>,
  opset: number,
): ModelInput => ({
  inputs: [{ name: "x", elem: "float32", shape: x.shape }],
  nodes: [{ ...node, inputs: ["x", ...Object.keys(constants)], outputs: ["y"] }],
  outputs: [{ name: "y" }],
  initializers: constants,
  opset,
});

function run(node: NodeInput, constants: Record<string, Tensor> = {}, opset = 6): Tensor {
  const model = modelOf(node, constants, opset);
  return evaluate(readModel(writeModel(model), { report: () => {} }).graph, [x])[0]!;
}

const values = (t: Tensor): number[] => Array.from(t.data, Number);
const channels = tensorOf("float32", [3], [10, 100, 1000]);

it("the second operand of Add lies along the axes from `axis` on", () => {
  const y = run({ op: "Add", attrs: { broadcast: 1, axis: 1 } }, { c: channels });
  expect(values(y)).toEqual([11, 8, 103, 96, 1005, 994, 17, 2, 109, 90, 1011, 988]);
});

it("and without `axis` along the last ones", () => {
  const y = run({ op: "Mul", attrs: { broadcast: 1 } }, { c: tensorOf("float32", [2], [1, 0]) });
  expect(values(y)).toEqual([1, -0, 3, -0, 5, -0, 7, -0, 9, -0, 11, -0]);
});

it("PRelu has a slope for each channel", () => {
  const y = run({ op: "PRelu" }, { c: channels });
  expect(values(y)).toEqual([1, -20, 3, -400, 5, -6000, 7, -80, 9, -1000, 11, -12000]);
});

it("Cast names its type, Reshape has its shape, Concat joins channels", () => {
  expect(values(run({ op: "Cast", attrs: { to: "INT32" } }, {}, 5)).slice(0, 2)).toEqual([1, -2]);
  expect(run({ op: "Reshape", attrs: { shape: [3, -1] } }, {}, 4).shape).toEqual([3, 4]);
  expect(run({ op: "Concat" }, { c: x }, 3).shape).toEqual([2, 6, 2]);
});

it("what says whether inputs are consumed is no message", () => {
  const model = modelOf({ op: "Tanh", attrs: { consumed_inputs: [0, 0] } }, {}, 1);
  expect(codes(diagnoseModel(model))).toEqual([]);
});

it("Dropout for training is an error", () => {
  expect(codes(diagnoseModel(modelOf({ op: "Dropout", attrs: { is_test: 0 } }, {}, 6)))).toEqual([
    2005,
  ]);
  expect(run({ op: "Dropout", attrs: { is_test: 1 } })).toEqual(x);
});

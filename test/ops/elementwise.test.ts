/** Elementwise operators against ONNX Runtime. */
import { describe, it } from "vitest";
import type { Shape } from "../../compiler/ir/types.ts";
import type { AttrInput } from "../support/onnx.ts";
import { expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";
import { f32, number } from "../support/tensors.ts";

const random = new Random(8);
const tensor = (...shape: number[]) => random.tensor("float32", shape);
type Attrs = Record<string, AttrInput>;

const broadcasts: readonly [Shape, Shape][] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1],
    [1, 3],
  ],
  [
    [2, 3, 4, 5],
    [3, 1, 1],
  ],
  [[2, 3], []],
  [[], [2, 3]],
  [[1, 1], [1]],
];

describe.each(["Add", "Sub", "Mul", "Div", "Max", "Min", "Sum"])("%s", (op) => {
  const nodes = [{ op, inputs: ["a", "b"] }];
  describe.each(broadcasts)("%j with %j", (sa, sb) => {
    const [a, b] = [tensor(...sa), random.tensor("float32", sb, 0.5, 3)];
    it("at run time", () => expectLikeOrt({ nodes, inputs: { a, b } }));
    it("constant on the right", () => expectLikeOrt({ nodes, inputs: { a }, constants: { b } }));
    it("constant on the left", () => expectLikeOrt({ nodes, inputs: { b }, constants: { a } }));
  });
});

it.each(["Max", "Min", "Sum"])("%s of one, of three, of itself", async (op) => {
  const inputs = { a: tensor(2, 3), b: tensor(3), c: tensor(2, 1) };
  await expectLikeOrt({ nodes: [{ op, inputs: ["a"] }], inputs: { a: inputs.a } });
  await expectLikeOrt({ nodes: [{ op, inputs: ["a", "b", "c"] }], inputs });
  await expectLikeOrt({ nodes: [{ op, inputs: ["a", "a", "a"] }], inputs: { a: inputs.a } });
});

const comparisons = ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"];
it.each(comparisons)("%s", (op) => {
  const inputs = { a: f32(1, 2, 3, 4), b: f32(2, 2, 2, 4) };
  return expectLikeOrt({ nodes: [{ op, inputs: ["a", "b"] }], inputs });
});
it.each(["And", "Or", "Xor"])("%s", (op) => {
  const inputs = { a: random.tensor("bool", [4, 4]), b: random.tensor("bool", [4]) };
  return expectLikeOrt({ nodes: [{ op, inputs: ["a", "b"] }], inputs });
});
it.each(["int32", "int64"] as const)("arithmetic of %s", async (elem) => {
  const [a, b] = [random.tensor(elem, [2, 5]), random.tensor(elem, [5])];
  for (const op of ["Add", "Sub", "Mul"])
    await expectLikeOrt({ nodes: [{ op, inputs: ["a", "b"] }], inputs: { a, b } });
  const nodes = [{ op: "Div", inputs: ["a", "c"] }];
  await expectLikeOrt({ nodes, inputs: { a }, constants: { c: number(-7, elem) } });
});

describe("Pow", () => {
  it.each([2, 3, 0.5, -1, 0])("of %d", (e) => {
    const a = random.tensor("float32", [2, 5], 0.1, 3);
    const nodes = [{ op: "Pow", inputs: ["a", "b"] }];
    return expectLikeOrt({ nodes, inputs: { a }, constants: { b: number(e) } });
  });
  it("of negative bases", () => {
    const nodes = [{ op: "Pow", inputs: ["a", "b"] }];
    return expectLikeOrt({ nodes, inputs: { a: f32(-2, -1.5, 0, 2), b: f32(3, 2, 2, -2) } });
  });
});

it.each([
  [
    [2, 3],
    [2, 3],
    [2, 3],
  ],
  [[3], [2, 1], [1]],
  [[1], [2, 3], [2, 3]],
])("Where of %j %j %j", (c, a, b) => {
  const inputs = { c: random.tensor("bool", c), a: tensor(...a), b: tensor(...b) };
  return expectLikeOrt({ nodes: [{ op: "Where", inputs: ["c", "a", "b"] }], inputs });
});

describe("Clip", () => {
  const x = random.tensor("float32", [3, 7], -9, 9);
  const clip = (inputs: string[], attrs: Attrs = {}, opset = 13) =>
    expectLikeOrt({
      nodes: [{ op: "Clip", inputs, attrs }],
      inputs: { x },
      constants: { low: number(-1.5), high: number(6) },
      opset,
    });
  it.each([7, 10])("by attributes, opset %i", (opset) =>
    clip(["x"], { min: -0.5, max: { float: 6 } }, opset));
  it("by one attribute", () => clip(["x"], { max: 0.5 }, 7));
  it.each([11, 12, 13])("by inputs, opset %i", (opset) => clip(["x", "low", "high"], {}, opset));
  it("without a lower bound", () => clip(["x", "", "high"]));
  it("without an upper bound", () => clip(["x", "low"]));
  it("without any", () => clip(["x"]));
  it("bounds at run time", () => {
    const nodes = [{ op: "Clip", inputs: ["x", "a", "b"] }];
    return expectLikeOrt({ nodes, inputs: { x, a: number(-1), b: number(2) } });
  });
  it("one clip behind another", () => {
    const nodes = [
      { op: "Clip", inputs: ["x", "low", "high"], outputs: ["t"] },
      { op: "Relu", inputs: ["t"], outputs: ["u"] },
      { op: "Clip", inputs: ["u", "", "two"] },
    ];
    const constants = { low: number(-1.5), high: number(6), two: number(2) };
    return expectLikeOrt({ nodes, inputs: { x }, constants });
  });
});

/** Operator, attributes, range of inputs, opset. */
const unary: readonly [string, Attrs, number, number, number?][] = [
  ["Abs", {}, -3, 3],
  ["Neg", {}, -3, 3],
  ["Exp", {}, -6, 6],
  ["Log", {}, 0.01, 9],
  ["Sqrt", {}, 0, 9],
  ["Reciprocal", {}, 0.2, 5],
  ["Floor", {}, -5, 5],
  ["Ceil", {}, -5, 5],
  ["Sign", {}, -1, 1],
  ["Erf", {}, -4, 4],
  ["Sin", {}, -9, 9],
  ["Cos", {}, -9, 9],
  ["Tan", {}, -1.4, 1.4],
  ["Asin", {}, -1, 1],
  ["Acos", {}, -1, 1],
  ["Atan", {}, -9, 9],
  ["Sinh", {}, -6, 6],
  ["Cosh", {}, -6, 6],
  ["Tanh", {}, -6, 6],
  ["Asinh", {}, -9, 9],
  ["Acosh", {}, 1, 9],
  ["Atanh", {}, -0.99, 0.99],
  ["Sigmoid", {}, -9, 9],
  ["Relu", {}, -3, 3],
  ["Softplus", {}, -9, 9],
  ["Softplus", {}, 30, 60],
  ["Softsign", {}, -9, 9],
  ["HardSwish", {}, -6, 6, 14],
  ["Mish", {}, -6, 6, 18],
  ["Gelu", {}, -6, 6, 20],
  ["Gelu", { approximate: "tanh" }, -6, 6, 20],
  ["Selu", {}, -4, 4],
  ["Selu", { alpha: 1.5, gamma: 0.75 }, -4, 4],
  ["HardSigmoid", {}, -6, 6],
  ["HardSigmoid", { alpha: 0.3, beta: 0.6 }, -6, 6],
  ["Elu", {}, -4, 4],
  ["Elu", { alpha: 0.5 }, -4, 4],
  ["LeakyRelu", {}, -4, 4],
  ["LeakyRelu", { alpha: 0.3 }, -4, 4],
  ["Celu", {}, -4, 4],
  ["Celu", { alpha: 2.5 }, -4, 4],
  ["Shrink", {}, -2, 2],
  ["Shrink", { bias: 0.25, lambd: 1.25 }, -2, 2],
  ["ThresholdedRelu", {}, -4, 4],
  ["ThresholdedRelu", { alpha: 0.5 }, -4, 4],
];

it.each(unary)("%s %j from %d to %d", (op, attrs, low, high, opset) => {
  const x = random.tensor("float32", [5, 40], low, high);
  return expectLikeOrt({
    nodes: [{ op, inputs: ["x"], attrs }],
    inputs: { x },
    opset: opset ?? 13,
  });
});

it("Round: half to even", () => {
  const x = f32(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4999998, -3.2, 8388609);
  return expectLikeOrt({ nodes: [{ op: "Round", inputs: ["x"] }], inputs: { x } });
});

it.each([[[2, 3, 4]], [[3, 1]], [[1]]])("PRelu with slopes of shape %j", (shape) => {
  const nodes = [{ op: "PRelu", inputs: ["x", "s"] }];
  return expectLikeOrt({
    nodes,
    inputs: { x: tensor(2, 3, 4) },
    constants: { s: tensor(...shape) },
  });
});

it("the hard swish that older exporters spell out", () => {
  const nodes = [
    { op: "Add", inputs: ["x", "three"], outputs: ["a"] },
    { op: "Clip", inputs: ["a", "zero", "six"], outputs: ["b"] },
    { op: "Mul", inputs: ["x", "b"], outputs: ["c"] },
    { op: "Div", inputs: ["c", "six"] },
  ];
  const constants = { three: number(3), zero: number(0), six: number(6) };
  return expectLikeOrt({ nodes, inputs: { x: random.tensor("float32", [50], -6, 6) }, constants });
});

/** Input shapes: symbolic dimensions, --shape. */
import { describe, expect, it } from "vitest";
import { readModel } from "../../compiler/read/model.ts";
import { codes, diagnoseModel, expectError } from "../support/failures.ts";
import { type ModelInput, writeModel } from "../support/onnx.ts";

const model = (...shape: (number | string)[]): ModelInput => ({
  nodes: [{ op: "Tanh", inputs: ["image"] }],
  inputs: [{ name: "image", elem: "float32", shape }],
  outputs: [{ name: "y" }],
});

const inputShape = (m: ModelInput, shapes?: ReadonlyMap<string, readonly number[]>) =>
  readModel(writeModel(m), { shapes, report: () => {} }).graph.inputs[0]!.type.shape;

it("a symbolic batch becomes 1", () => {
  expect(inputShape(model("N", 3, 8, 8))).toEqual([1, 3, 8, 8]);
});

it("a batch of 0, as some exporters write it, becomes 1", () => {
  expect(inputShape(model(0, 3))).toEqual([1, 3]);
});

it("another open dimension asks for --shape, ready to be copied", () => {
  const said = diagnoseModel(model("N", 3, "height", "width"));
  expectError(said, 2010, /'image' has the shape \[1, 3, height, width\], which is not fixed/);
  expect(said[0]!.help).toContain("--shape image=1,3,N,N");
});

it("--shape closes it", () => {
  const shapes = new Map([["image", [1, 3, 4, 5]]]);
  expect(inputShape(model("N", 3, "h", "w"), shapes)).toEqual([1, 3, 4, 5]);
});

it("an input without any shape", () => {
  const m = { ...model(), inputs: [{ name: "image", elem: "float32" as const }] };
  expectError(diagnoseModel(m), 2010, /not fixed/);
});

describe("--shape", () => {
  it("of an unknown input is an error with a suggestion", () => {
    const said = diagnoseModel(model(1, 3), { shapes: new Map([["imag", [1, 3]]]) });
    expectError(said, 2016, /'imag', which is no input/);
    expect(said[0]!.help).toContain("'image'");
  });
  it("of another rank than the file's is an error", () => {
    const said = diagnoseModel(model("N", 3, "h", "w"), { shapes: new Map([["image", [1, 3]]]) });
    expectError(said, 2018, /2 sizes for 'image', whose shape is \[1, 3, h, w\]/);
  });
  it.each([[[1, -1]], [[1, -3]], [[1, 2.5]]])("%j is no shape", (shape) => {
    const said = diagnoseModel(model("N", "k"), { shapes: new Map([["image", shape]]) });
    expectError(said, 1011, /is no shape/);
  });
});

describe("--shape of a result", () => {
  const found: ModelInput = {
    nodes: [
      { op: "NonZero", inputs: ["x"], outputs: ["n"] },
      { op: "Transpose", inputs: ["n"] },
    ],
    inputs: [{ name: "x", elem: "float32", shape: [3, 4] }],
    outputs: [{ name: "y" }],
  };
  const shapeOf = (name: string, shape: number[]) =>
    readModel(writeModel(found), { shapes: new Map([[name, shape]]), report: () => {} }).graph
      .outputs[0]!.value.type.shape;
  it("bounds what has no other bound than its input", () => {
    expect(shapeOf("x", [3, 4])).toEqual([12, 2]);
    expect(shapeOf("n", [2, 5])).toEqual([5, 2]);
  });
  it.each([
    ["y", [5, 2], 2014, /'y' is declared as int64\[5, 2\], but the graph makes int64\[12, 2\]/],
    ["n", [2, -1], 1011, /is no shape/],
  ] as const)("%s=%j", (name, shape, code, text) => {
    expectError(diagnoseModel(found, { shapes: new Map([[name, shape]]) }), code, text);
  });
});

it("an initialiser that is listed as an input is no input", () => {
  const weights = { elem: "float32", shape: [3], data: Float32Array.of(1, 2, 3) } as const;
  const { graph } = readModel(
    writeModel({
      nodes: [{ op: "Add", inputs: ["x", "w"] }],
      inputs: [
        { name: "x", elem: "float32", shape: [3] },
        { name: "w", elem: "float32", shape: [3] },
      ],
      outputs: [{ name: "y" }],
      initializers: { w: weights },
    }),
    { report: () => {} },
  );
  expect(graph.inputs.map((v) => v.name)).toEqual(["x"]);
});

it("two inputs of one name", () => {
  const m = model(1, 3);
  expect(codes(diagnoseModel({ ...m, inputs: [...m.inputs!, ...m.inputs!] }))).toContain(2007);
});

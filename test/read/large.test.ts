/** Sizes: what a small file may not claim. */
import { describe, expect, it } from "vitest";
import { codes, diagnoseModel, expectError } from "../support/failures.ts";
import type { ModelInput } from "../support/onnx.ts";
import { i64, number } from "../support/tensors.ts";

const x = { name: "x", elem: "float32", shape: [2, 3] } as const;
const tanh = { op: "Tanh", inputs: ["x"] };
const add = { op: "Add", inputs: ["x", "c"] };
const base: ModelInput = { nodes: [tanh], inputs: [x], outputs: [{ name: "y" }] };

describe("a tensor of 3 GB", () => {
  const claims: readonly (readonly number[])[] = [
    [3 * 2 ** 28],
    [2 ** 30, 3],
    [2 ** 40],
    [2 ** 52],
  ];
  it.each(claims)("claimed by an initialiser of shape %j", (...dims) => {
    const c = { name: "c", dims, dataType: 1, rawData: new Uint8Array(4) };
    const said = diagnoseModel({ ...base, nodes: [add], rawInitializers: [c] });
    expectError(said, 2011, /'c' would take \d+ bytes/);
  });
  it("made by ConstantOfShape", () => {
    const nodes = [{ op: "ConstantOfShape", inputs: ["s"], outputs: ["c"] }, add];
    const said = diagnoseModel({ ...base, nodes, initializers: { s: i64(3, 2 ** 28) } });
    expectError(said, 2013, /'c' would take 3221225472 bytes/);
  });
  it("made by Expand", () => {
    const nodes = [{ op: "Expand", inputs: ["x", "s"] }];
    const said = diagnoseModel({ ...base, nodes, initializers: { s: i64(2 ** 28, 2, 3) } });
    expectError(said, 2013, /'y' would take/);
  });
  it("made by Pad", () => {
    const nodes = [{ op: "Pad", inputs: ["x", "p"] }];
    const said = diagnoseModel({ ...base, nodes, initializers: { p: i64(0, 0, 2 ** 30, 1) } });
    expectError(said, 2013, /'y' would take/);
  });
  it("as an input", () => {
    const said = diagnoseModel({ ...base, inputs: [{ ...x, shape: [3, 2 ** 28] }] });
    expectError(said, 2013, /'x' would take/);
  });
  it("by --shape", () => {
    const shapes = new Map([["x", [3, 2 ** 28]]]);
    expectError(diagnoseModel(base, { shapes }), 2013, /'x' would take/);
  });
});

it("a large constant is not folded into a large program", () => {
  const nodes = [
    { op: "ConstantOfShape", inputs: ["s"], outputs: ["c"] },
    { op: "ReduceSum", inputs: ["c"], outputs: ["d"], attrs: { keepdims: 0 } },
    { op: "Add", inputs: ["x", "d"] },
  ];
  const initializers = { s: i64(2 ** 12, 2 ** 13), one: number(1) };
  expect(codes(diagnoseModel({ ...base, nodes, initializers }))).toEqual([4010]);
});

it("a chain of 10,000 nodes", () => {
  const nodes = Array.from({ length: 10_000 }, (_, i) => ({
    op: "Tanh",
    inputs: [i === 0 ? "x" : `t${i - 1}`],
    outputs: [i === 9999 ? "y" : `t${i}`],
  }));
  expect(diagnoseModel({ ...base, nodes })).toEqual([]);
});

it("a chain in reverse order", () => {
  const nodes = Array.from({ length: 5000 }, (_, i) => ({
    op: "Tanh",
    inputs: [i === 0 ? "x" : `t${i - 1}`],
    outputs: [i === 4999 ? "y" : `t${i}`],
  }));
  expect(diagnoseModel({ ...base, nodes: nodes.reverse() })).toEqual([]);
});

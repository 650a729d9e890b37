/** Matrix products against ONNX Runtime. */
import { describe, it } from "vitest";
import type { Shape } from "../../compiler/ir/types.ts";
import type { AttrInput } from "../support/onnx.ts";
import { expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";

const random = new Random(5);
const tensor = (...shape: number[]) => random.tensor("float32", shape);

const gemms: readonly [Record<string, AttrInput>, Shape, Shape][] = [
  [{}, [2, 4], [4, 3]],
  [{ transA: 1 }, [4, 2], [4, 3]],
  [{ transB: 1 }, [2, 4], [3, 4]],
  [{ transA: 1, transB: 1 }, [4, 2], [3, 4]],
  [{ transB: 1, alpha: 0.5, beta: { float: 2 } }, [1, 4], [3, 4]],
  [{ alpha: -1.5, beta: 0.25 }, [2, 4], [4, 3]],
  [{ transB: 1, beta: { float: 0 } }, [2, 4], [3, 4]],
];

describe.each(gemms)("Gemm %j %j %j", (attrs, a, b) => {
  const rows = attrs.transA ? a[1]! : a[0]!;
  const inputs = { x: tensor(...a) };

  it("without C", () => {
    const constants = { w: tensor(...b) };
    return expectLikeOrt({
      nodes: [{ op: "Gemm", inputs: ["x", "w"], attrs }],
      inputs,
      constants,
      opset: 11,
    });
  });
  it.each([[[3]], [[1, 3]], [[rows, 3]], [[rows, 1]], [[1]], [[]]])("C of shape %j", (c) => {
    const constants = { w: tensor(...b), c: tensor(...c) };
    const nodes = [{ op: "Gemm", inputs: ["x", "w", "c"], attrs }];
    return expectLikeOrt({ nodes, inputs, constants });
  });
  it("all operands at run time", () => {
    const nodes = [{ op: "Gemm", inputs: ["x", "w", "c"], attrs }];
    return expectLikeOrt({ nodes, inputs: { ...inputs, w: tensor(...b), c: tensor(3) } });
  });
});

it.each([7, 9, 11, 13])("Gemm of opset %i", (opset) => {
  const nodes = [{ op: "Gemm", inputs: ["x", "w", "c"], attrs: { transB: 1 } }];
  const constants = { w: tensor(3, 4), c: tensor(3) };
  return expectLikeOrt({ nodes, inputs: { x: tensor(2, 4) }, constants, opset });
});

const products: readonly [Shape, Shape][] = [
  [
    [2, 3],
    [3, 4],
  ],
  [
    [2, 2, 3],
    [3, 4],
  ],
  [
    [2, 2, 3],
    [2, 3, 4],
  ],
  [
    [2, 1, 2, 3],
    [1, 5, 3, 4],
  ],
  [
    [5, 2, 3],
    [1, 3, 4],
  ],
  [
    [2, 3],
    [5, 3, 4],
  ],
  [[3], [3, 4]],
  [[2, 3], [3]],
  [[3], [3]],
  [[3], [2, 3, 4]],
  [[2, 4, 3], [3]],
  [
    [1, 1],
    [1, 1],
  ],
];

describe.each(products)("MatMul %j %j", (a, b) => {
  const nodes = [{ op: "MatMul", inputs: ["a", "b"] }];
  it("both at run time", () =>
    expectLikeOrt({ nodes, inputs: { a: tensor(...a), b: tensor(...b) } }));
  it("constant on the right", () =>
    expectLikeOrt({ nodes, inputs: { a: tensor(...a) }, constants: { b: tensor(...b) } }));
  it("constant on the left", () =>
    expectLikeOrt({ nodes, inputs: { b: tensor(...b) }, constants: { a: tensor(...a) } }));
});

it.each([[[3]], [[1, 3]], [[2, 1]], [[2, 3]], [[4, 2, 3]]])("MatMul and Add of %j", (shape) => {
  const nodes = [
    { op: "MatMul", inputs: ["x", "w"], outputs: ["t"] },
    { op: "Add", inputs: ["c", "t"] },
  ];
  const constants = { w: tensor(4, 3), c: tensor(...shape) };
  return expectLikeOrt({ nodes, inputs: { x: tensor(2, 4) }, constants });
});

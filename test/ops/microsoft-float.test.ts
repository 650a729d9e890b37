/** Operators of ONNX Runtime's own domain against ONNX Runtime. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { numbers, type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { readOnnx } from "../../compiler/read/onnx/read.ts";
import { largestDifference } from "../support/near.ts";
import { type AttrInput, type NodeInput, writeBytes } from "../support/onnx.ts";
import { encodeCase, expectLikeOrt } from "../support/oracle.ts";
import { runOrt } from "../support/ort.ts";
import { Random } from "../support/random.ts";

const random = new Random(15);
const tensor = (...shape: number[]) => random.tensor("float32", shape, -1, 1);

type Tensors = Readonly<Record<string, Tensor>>;
type Attrs = Readonly<Record<string, AttrInput>>;

const caseOf = (op: string, given: Tensors, attrs: Attrs = {}, outputs = ["y"]) => {
  const inputs = Object.keys(given);
  const node: NodeInput = { op, domain: "com.microsoft", inputs, outputs, attrs };
  return { nodes: [node], inputs: given, outputs: outputs.filter((n) => n !== ""), opset: 17 };
};
const run = (...args: Parameters<typeof caseOf>) => expectLikeOrt(caseOf(...args));

describe("functions", () => {
  it("Gelu", () => run("Gelu", { x: tensor(2, 8) }));
  it("QuickGelu", () => run("QuickGelu", { x: tensor(2, 8) }));
  it("QuickGelu of an alpha", () => run("QuickGelu", { x: tensor(2, 8) }, { alpha: { float: 2 } }));
  it("BiasGelu", () => run("BiasGelu", { x: tensor(2, 8), b: tensor(8) }));
  it("FastGelu", () => run("FastGelu", { x: tensor(2, 8) }));
  it("FastGelu with a bias", () => run("FastGelu", { x: tensor(2, 8), b: tensor(8) }));
});

describe("FusedMatMul", () => {
  it.each([
    [{}, [2, 3, 4], [2, 4, 5]],
    [{ transA: 1 }, [2, 4, 3], [2, 4, 5]],
    [{ transB: 1, alpha: { float: 0.5 } }, [2, 3, 4], [2, 5, 4]],
    [{ transBatchA: 1 }, [3, 2, 4], [2, 4, 5]],
    [{ transBatchA: 1, transA: 1, transBatchB: 1 }, [4, 2, 3], [4, 2, 5]],
    [{ transBatchB: 1, transB: 1 }, [2, 3, 4], [5, 2, 4]],
  ] as const)("%j of %j and %j", (attrs, a, b) =>
    run("FusedMatMul", { a: tensor(...a), b: tensor(...b) }, attrs));
});

describe("SkipLayerNormalization", () => {
  const [x, skip, gamma, beta, bias] = [
    ...[tensor(2, 3, 8), tensor(2, 3, 8)],
    ...[tensor(8), tensor(8), tensor(8)],
  ];
  it("of two tensors", () =>
    run("SkipLayerNormalization", { x, skip, gamma }, { epsilon: { float: 1e-5 } }));
  it("with a bias, and the sum", () =>
    run("SkipLayerNormalization", { x, skip, gamma, beta, bias }, { epsilon: { float: 0.01 } }, [
      "y",
      "",
      "",
      "sum",
    ]));
});

it("SkipSimplifiedLayerNormalization", () => {
  const given = { x: tensor(2, 3, 8), skip: tensor(2, 3, 8), gamma: tensor(8), bias: tensor(8) };
  return run("SkipSimplifiedLayerNormalization", given, { epsilon: { float: 0.01 } }, [
    ...["y", "", "", "sum"],
  ]);
});

describe("products of integers as floats", () => {
  const b = random.tensor("int8", [6, 5]);
  const bias = tensor(5);
  it.each([[1], [5]])("DynamicQuantizeMatMul of %i scales", (count) => {
    const scale = tensorOf("float32", [count], [0.01, 0.02, 0.03, 0.04, 0.05].slice(0, count));
    const zero = tensorOf("int8", [count], [3, -2, 1, 0, 5].slice(0, count));
    return run("DynamicQuantizeMatMul", { x: tensor(2, 4, 6), b, scale, zero, bias });
  });
  it("MatMulIntegerToFloat", () => {
    const [a, aZero] = [random.tensor("uint8", [3, 6]), tensorOf("uint8", [1], [120])];
    const [aScale, bScale] = [0.02, 0.01].map((s) => tensorOf("float32", [1], [s])) as [
      Tensor,
      Tensor,
    ];
    const bZero = tensorOf("int8", [1], [-4]);
    return run("MatMulIntegerToFloat", { a, b, aScale, bScale, aZero, bZero, bias });
  });
});

/** ONNX Runtime rounds X and the states to integers, too. */
it.each([1, 2])("DynamicQuantizeLSTM in %i directions", async (directions) => {
  const [inputs, hidden] = [4, 6];
  const integers = (...shape: number[]) => random.tensor("int8", shape);
  const scales = tensorOf("float32", [directions], [0.01, 0.008].slice(0, directions));
  const zeros = tensorOf("int8", [directions], [0, 0].slice(0, directions));
  const given: Tensors = {
    x: tensor(5, 1, inputs),
    w: tensorOf(
      "int8",
      [directions, inputs, 4 * hidden],
      numbers(integers(directions, inputs, 4 * hidden)),
    ),
    r: integers(directions, hidden, 4 * hidden),
    ...{ wScale: scales, wZero: zeros, rScale: scales, rZero: zeros },
  };
  const names = ["x", "w", "r", "", "", "", "", "", "wScale", "wZero", "rScale", "rZero"];
  const node: NodeInput = {
    op: "DynamicQuantizeLSTM",
    domain: "com.microsoft",
    inputs: names,
    outputs: ["y"],
    attrs: {
      hidden_size: hidden,
      direction: directions === 2 ? "bidirectional" : "forward",
    },
  };
  const { x, ...constants } = given;
  const bytes = encodeCase({ nodes: [node], inputs: { x: x! }, constants, opset: 13 });
  const [want] = await runOrt(bytes, { x: x! });
  const [got] = evaluate(readOnnx(writeBytes(bytes), { report: () => {} }), [x!]);
  expect(got!.shape).toEqual(want!.shape);
  expect(largestDifference(numbers(got!), numbers(want!))).toBeLessThan(0.02);
});

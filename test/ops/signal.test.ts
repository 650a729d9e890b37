/** Windows, Fourier transforms and mel filters against ONNX Runtime and their inverses. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { compile } from "../../compiler/compile.ts";
import { numbers, scalar, type Tensor } from "../../compiler/ir/tensor.ts";
import { readOnnx } from "../../compiler/read/onnx/read.ts";
import { largestDifference } from "../support/near.ts";
import { type AttrInput, type NodeInput, writeBytes } from "../support/onnx.ts";
import { encodeCase, expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";

const random = new Random(14);
const tensor = (...shape: number[]) => random.tensor("float32", shape, -1, 1);
const int = (x: number) => scalar("int64", x);
type Attrs = Readonly<Record<string, AttrInput>>;

describe.each(["HannWindow", "HammingWindow", "BlackmanWindow"])("%s", (op) => {
  it.each([
    [8, 1],
    [9, 0],
    [5, 1],
  ])("of %i, periodic %i", (size, periodic) =>
    expectLikeOrt({
      nodes: [
        { op, inputs: ["size"], outputs: ["w"], attrs: { periodic } },
        { op: "Mul", inputs: ["x", "w"] },
      ],
      inputs: { x: tensor(size) },
      constants: { size: int(size) },
      opset: 17,
    }));
});

describe("DFT", () => {
  const node = (attrs: Attrs, inputs = ["x"]): NodeInput => ({ op: "DFT", inputs, attrs });
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 12, 15, 16, 30])("of %i numbers", (size) =>
    expectLikeOrt({ nodes: [node({})], inputs: { x: tensor(2, size, 2) }, opset: 17 }));
  it.each([1, 2])("along axis %i", (axis) =>
    expectLikeOrt({ nodes: [node({ axis })], inputs: { x: tensor(2, 4, 6, 1) }, opset: 17 }));
  it.each([0, 1])("inverse %i", (inverse) =>
    expectLikeOrt({ nodes: [node({ inverse })], inputs: { x: tensor(2, 10, 2) }, opset: 17 }));
  it.each([8, 9])("one side of %i", (size) =>
    expectLikeOrt({
      nodes: [node({ onesided: 1 })],
      inputs: { x: tensor(2, size, 1) },
      opset: 17,
    }));
  it.each([4, 10])("of a length of its own, %i", (length) =>
    expectLikeOrt({
      nodes: [node({}, ["x", "length"])],
      inputs: { x: tensor(2, 7, 1) },
      constants: { length: int(length) },
      opset: 17,
    }));
  it("along an axis that is an input", () =>
    expectLikeOrt({
      nodes: [node({}, ["x", "", "axis"])],
      inputs: { x: tensor(3, 4, 2) },
      constants: { axis: int(0) },
      opset: 20,
    }));
  it.each([8, 9])("from one side of a spectrum back to %i real numbers", (size) => {
    const there: NodeInput = { op: "DFT", inputs: ["x"], outputs: ["s"], attrs: { onesided: 1 } };
    const back: NodeInput = {
      op: "DFT",
      inputs: ["s", "size"],
      attrs: { onesided: 1, inverse: 1 },
    };
    const x = tensor(2, size, 1);
    const bytes = encodeCase({
      nodes: [there, back],
      inputs: { x },
      constants: { size: int(size) },
      opset: 20,
    });
    const [y] = evaluate(readOnnx(writeBytes(bytes), { report: () => {} }), [x]);
    expect(y!.shape).toEqual(x.shape);
    expect(largestDifference(numbers(y!), numbers(x))).toBeLessThan(1e-6);
  });
});

describe("STFT", () => {
  const run = (inputs: string[], given: Readonly<Record<string, Tensor>>, attrs: Attrs = {}) =>
    expectLikeOrt({
      nodes: [{ op: "STFT", inputs: ["x", "step", ...inputs], attrs }],
      inputs: { x: tensor(2, 30, 1) },
      constants: { step: int(4), ...given },
      opset: 17,
    });
  it("by a window", () => run(["w"], { w: tensor(8) }));
  it("by a window, both sides", () => run(["w"], { w: tensor(8) }, { onesided: 0 }));
  it("of a length", () => run(["", "length"], { length: int(10) }));
  it("by a window of a length", () => run(["w", "length"], { w: tensor(6), length: int(6) }));
});

it("MelWeightMatrix", () => {
  const f32 = (x: number) => scalar("float32", x);
  const names = ["bins", "length", "rate", "low", "high"];
  return expectLikeOrt({
    nodes: [
      { op: "MelWeightMatrix", inputs: names, outputs: ["m"] },
      { op: "MatMul", inputs: ["x", "m"] },
    ],
    inputs: { x: tensor(2, 33) },
    constants: {
      ...{ bins: int(8), length: int(64), rate: int(8192) },
      ...{ low: f32(50), high: f32(3800) },
    },
    opset: 17,
  });
});

describe("what does not fit", () => {
  const problem = (node: NodeInput, x: Tensor, constants: Record<string, Tensor> = {}): string => {
    const bytes = encodeCase({ nodes: [node], inputs: { x }, constants, opset: 20 });
    return compile(writeBytes(bytes), { target: "host" }).diagnostics[0]!.text;
  };
  it("the axis of parts", () =>
    expect(
      problem({ op: "DFT", inputs: ["x", "", "a"] }, tensor(2, 4, 2), { a: int(-1) }),
    ).toContain("no signal"));
  it("one side of complex numbers", () =>
    expect(
      problem({ op: "DFT", inputs: ["x"], attrs: { onesided: 1 } }, tensor(2, 4, 2)),
    ).toContain("real signal"));
  it("a frame", () =>
    expect(
      problem({ op: "STFT", inputs: ["x", "s", "", "l"] }, tensor(2, 4, 1), {
        s: int(1),
        l: int(5),
      }),
    ).toContain("no frames of 5"));
});

/** Normalisations of layers, groups and channels against ONNX Runtime, or brute force. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { type AttrInput, type NodeInput, writeBytes } from "../support/onnx.ts";
import { encodeCase, expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";

const random = new Random(12);
const tensor = (...shape: number[]) => random.tensor("float32", shape, -2, 3);

interface Norm {
  readonly op: string;
  readonly attrs?: Record<string, AttrInput>;
  readonly x: Tensor;
  readonly parameters?: Readonly<Record<string, Tensor>>;
  readonly isGiven?: boolean;
  readonly outputs?: readonly string[];
  readonly opset?: number;
}

function caseOf({ op, attrs = {}, x, parameters = {}, outputs, ...more }: Norm) {
  const node: NodeInput = {
    op,
    inputs: ["x", ...Object.keys(parameters)],
    outputs: outputs ?? ["y"],
    attrs,
  };
  const names = (outputs ?? ["y"]).filter((n) => n !== "");
  return {
    nodes: [node],
    inputs: more.isGiven ? { x, ...parameters } : { x },
    constants: more.isGiven ? {} : parameters,
    outputs: names,
    opset: more.opset ?? 17,
  };
}

const run = (norm: Norm) => expectLikeOrt(caseOf(norm));

describe("LayerNormalization", () => {
  const op = "LayerNormalization";
  const x = tensor(2, 3, 4, 5);
  it.each([-1, 3, 2, 1, 0, -3])("axis %i", (axis) => {
    const shape = x.shape.slice(axis);
    const parameters = { scale: tensor(...shape), bias: tensor(...shape) };
    return run({ op, x, attrs: { axis }, parameters });
  });
  it("without a bias", () => run({ op, x, parameters: { scale: tensor(5) } }));
  it("with an epsilon", () =>
    run({ op, x, attrs: { epsilon: { float: 0.5 } }, parameters: { scale: tensor(5) } }));
  it("with parameters of run time", () =>
    run({ op, x, isGiven: true, parameters: { scale: tensor(5), bias: tensor(5) } }));
  it("its mean and deviation", () =>
    run({
      op,
      x,
      attrs: { axis: 2 },
      outputs: ["y", "mean", "deviation"],
      parameters: { scale: tensor(4, 5) },
    }));
  it("its deviation alone", () =>
    run({ op, x, outputs: ["y", "", "deviation"], parameters: { scale: tensor(5) } }));
});

describe("InstanceNormalization", () => {
  it.each([[[2, 3, 7]], [[2, 3, 4, 5]], [[1, 3, 2, 3, 4]]])("of %j", (shape) =>
    run({
      op: "InstanceNormalization",
      x: tensor(...shape),
      attrs: { epsilon: { float: 0.01 } },
      parameters: { scale: tensor(3), bias: tensor(3) },
    }));
});

describe("GroupNormalization", () => {
  const op = "GroupNormalization";
  const x = tensor(2, 6, 3, 4);
  it.each([1, 2, 3, 6])("%i groups", (groups) =>
    run({
      op,
      x,
      attrs: { num_groups: groups },
      parameters: { scale: tensor(6), bias: tensor(6) },
      opset: 21,
    }));
  it("with parameters of groups, as until opset 20", () =>
    run({
      op,
      x,
      attrs: { num_groups: 3 },
      parameters: { scale: tensor(3), bias: tensor(3) },
      opset: 18,
    }));
});

describe("RMSNormalization", () => {
  it.each([-1, 1])("axis %i", (axis) => {
    const x = tensor(2, 3, 4);
    const parameters = { scale: tensor(...x.shape.slice(axis)) };
    return run({ op: "RMSNormalization", x, attrs: { axis }, parameters, opset: 23 });
  });
});

describe("MeanVarianceNormalization", () => {
  const op = "MeanVarianceNormalization";
  it("of images", () => run({ op, x: tensor(2, 3, 4, 5), opset: 13 }));
  it.each([[[1]], [[0, 2]], [[0, 1, 2]]])("axes %j", (axes) =>
    run({ op, x: tensor(3, 4, 5), attrs: { axes }, opset: 9 }));
});

describe("LpNormalization", () => {
  it.each([
    [1, 0],
    [2, 1],
    [1, -1],
    [2, -1],
  ])("p %i, axis %i", (p, axis) =>
    run({ op: "LpNormalization", x: tensor(3, 4, 5), attrs: { p, axis } }));
});

describe("LRN", () => {
  it.each([1, 3, 5])("of %i channels", (size) =>
    run({
      op: "LRN",
      x: tensor(2, 5, 3, 2),
      attrs: { size, alpha: { float: 0.5 }, beta: { float: 0.6 }, bias: { float: 2 } },
    }));
  it("with the numbers that are taken anyway", () =>
    run({ op: "LRN", x: tensor(1, 4, 3, 3), attrs: { size: 3 } }));
});

describe("BatchNormalization with parameters of run time", () => {
  it.each([[[2, 3]], [[1, 3, 5]], [[2, 3, 4, 5]]])("of %j", (shape) =>
    run({
      op: "BatchNormalization",
      x: tensor(...shape),
      isGiven: true,
      parameters: {
        ...{ scale: tensor(3), bias: tensor(3), mean: tensor(3) },
        variance: random.tensor("float32", [3], 0.1, 2),
      },
      opset: 15,
    }));
});

describe("Mean", () => {
  it.each([1, 2, 3])("of %i", (count) => {
    const shapes = [[2, 3], [3], [2, 1]];
    const names = ["a", "b", "c"].slice(0, count);
    const inputs = Object.fromEntries(names.map((n, i) => [n, tensor(...shapes[i]!)]));
    return expectLikeOrt({ nodes: [{ op: "Mean", inputs: names }], inputs });
  });
});

describe("what does not fit", () => {
  const problem = (norm: Norm): string =>
    compile(writeBytes(encodeCase(caseOf(norm))), { target: "host" }).diagnostics[0]!.text;
  const x = tensor(2, 4, 3);
  const two = (n: number) => ({ scale: tensor(n), bias: tensor(n) });
  it("groups", () =>
    expect(
      problem({ op: "GroupNormalization", x, attrs: { num_groups: 3 }, parameters: two(4) }),
    ).toContain("4 channels cannot be 3 groups"));
  it("parameters of channels", () =>
    expect(problem({ op: "InstanceNormalization", x, parameters: two(3) })).toContain(
      "a parameter has shape [3], but the input has 4 channels",
    ));
  it("parameters of layers", () =>
    expect(problem({ op: "LayerNormalization", x, parameters: two(5) })).toContain("broadcast"));
  it("an axis", () =>
    expect(
      problem({ op: "LayerNormalization", x, attrs: { axis: 3 }, parameters: two(3) }),
    ).toContain("axis 3 is outside"));
  it("p", () =>
    expect(problem({ op: "LpNormalization", x, attrs: { p: 3 } })).toContain("'p' is 3"));
  it("a size", () => expect(problem({ op: "LRN", x, attrs: { size: 0 } })).toContain("'size'"));
});

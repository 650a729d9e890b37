/** Functions of the model, If and Loop: the graph that is read computes what they say. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { readModel } from "../../compiler/read/model.ts";
import { codes, diagnoseModel } from "../support/failures.ts";
import { type ModelInput, tensorProto, writeModel } from "../support/onnx.ts";

const x = { name: "x", elem: "float32", shape: [3] } as const;
const input = tensorOf("float32", [3], [1, -2, 3]);
const truth = (value: number): Tensor => tensorOf("bool", [], [value]);
const long = (value: number): Tensor => tensorOf("int64", [], [value]);

const run = (model: ModelInput): number[][] => {
  const { graph } = readModel(writeModel(model), { report: () => {} });
  return evaluate(graph, [input]).map((y) => Array.from(y.data, Number));
};

const node = (opType: string, input: string[], output: string[], more: object = {}) => ({
  opType,
  input,
  output,
  ...more,
});
const graphAttribute = (name: string, g: object) => ({ name, type: 5, g });

describe("If", () => {
  const branches = (condition: Tensor | undefined): ModelInput => ({
    inputs: [x, ...(condition ? [] : [{ name: "c", elem: "bool" as const, shape: [] }])],
    nodes: [
      {
        op: "If",
        inputs: ["c"],
        outputs: ["y"],
        rawAttributes: [
          graphAttribute("then_branch", {
            node: [node("Neg", ["x"], ["t"])],
            output: [{ name: "t" }],
          }),
          graphAttribute("else_branch", {
            node: [node("Abs", ["x"], ["e"])],
            output: [{ name: "e" }],
          }),
        ],
      },
    ],
    outputs: [{ name: "y" }],
    ...(condition && { initializers: { c: condition } }),
    opset: 21,
  });

  it("takes the branch that is known", () => {
    expect(run(branches(truth(1)))).toEqual([[-1, 2, -3]]);
    expect(run(branches(truth(0)))).toEqual([[1, 2, 3]]);
  });

  it("of run time is an error", () => {
    expect(codes(diagnoseModel(branches(undefined)))).toEqual([2005]);
  });
});

describe("Loop", () => {
  /** v = v · 2 + turn; each turn's v is a row of the scan. */
  const looped = (turns: Tensor | undefined, goesOn = "k"): ModelInput => ({
    inputs: [x, ...(turns ? [] : [{ name: "m", elem: "int64" as const, shape: [] }])],
    nodes: [
      {
        op: "Loop",
        inputs: ["m", "k", "x"],
        outputs: ["last", "rows"],
        rawAttributes: [
          graphAttribute("body", {
            input: [{ name: "i" }, { name: "go" }, { name: "v" }],
            initializer: [tensorProto("two", tensorOf("float32", [], [2]))],
            node: [
              node("Mul", ["v", "two"], ["twice"]),
              node("Cast", ["i"], ["turn"], { attribute: [{ name: "to", type: 2, i: 1 }] }),
              node("Add", ["twice", "turn"], ["next"]),
              node("Identity", [goesOn], ["still"]),
              node("Identity", ["next"], ["row"]),
            ],
            output: [{ name: "still" }, { name: "next" }, { name: "row" }],
          }),
        ],
      },
    ],
    outputs: [{ name: "last" }, { name: "rows" }],
    initializers: { k: truth(1), ...(turns && { m: turns }) },
    opset: 21,
  });

  it("makes every turn", () => {
    expect(run(looped(long(3)))).toEqual([
      [12, -12, 28],
      [2, -4, 6, 5, -7, 13, 12, -12, 28],
    ]);
  });

  it("of too many turns, or a number of them at run time, is an error", () => {
    expect(codes(diagnoseModel(looped(long(100_000))))).toContain(2005);
    expect(codes(diagnoseModel(looped(undefined)))).toContain(2005);
  });
});

describe("Scan", () => {
  /** Running sums along x, from either end. */
  const scanned = (direction: number): ModelInput => ({
    inputs: [x],
    nodes: [
      {
        op: "Scan",
        inputs: ["zero", "x"],
        outputs: ["sum", "sums"],
        attrs: { num_scan_inputs: 1, scan_input_directions: [direction] },
        rawAttributes: [
          graphAttribute("body", {
            input: [{ name: "s" }, { name: "e" }],
            node: [node("Add", ["s", "e"], ["t"]), node("Identity", ["t"], ["row"])],
            output: [{ name: "t" }, { name: "row" }],
          }),
        ],
      },
    ],
    outputs: [{ name: "sum" }, { name: "sums" }],
    initializers: { zero: tensorOf("float32", [], [0]) },
    opset: 21,
  });

  it("goes along its operands, forwards and backwards", () => {
    expect(run(scanned(0))).toEqual([[2], [1, -1, 2]]);
    expect(run(scanned(1))).toEqual([[2], [3, 1, 2]]);
  });
});

describe("functions", () => {
  /** scaled(a) = LeakyRelu(a, alpha of the call or 0.5) + a */
  const own = (body: object[]) => ({
    name: "scaled",
    domain: "my",
    input: ["a"],
    output: ["b"],
    attributeProto: [{ name: "slope", type: 1, f: 0.5 }],
    node: body,
    opsetImport: [{ domain: "", version: 21 }],
  });
  const slope = { name: "alpha", type: 1, refAttrName: "slope" };
  const body = [
    node("LeakyRelu", ["a"], ["t"], { attribute: [slope] }),
    node("Add", ["t", "a"], ["b"]),
  ];
  const called = (functions: object[]): ModelInput => ({
    inputs: [x],
    nodes: [
      { op: "scaled", domain: "my", inputs: ["x"], outputs: ["t"], name: "one" },
      {
        op: "scaled",
        domain: "my",
        inputs: ["t"],
        outputs: ["y"],
        attrs: { slope: { float: 0.25 } },
      },
    ],
    outputs: [{ name: "y" }],
    functions,
    opset: 21,
  });

  it("stand for their calls, with attributes of the call or their own", () => {
    expect(run(called([own(body)]))).toEqual([[4, -3.75, 12]]);
  });

  it("that call themselves are an error", () => {
    const again = node("scaled", ["a"], ["b"], { domain: "my" });
    expect(codes(diagnoseModel(called([own([again])])))).toEqual([2001]);
  });
});

/** LSTM, GRU and RNN against ONNX Runtime. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { compile } from "../../compiler/compile.ts";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { readOnnx } from "../../compiler/read/onnx/read.ts";
import { expectNear } from "../support/near.ts";
import { type AttrInput, writeBytes } from "../support/onnx.ts";
import { encodeCase, expectLikeOrt, lowered } from "../support/oracle.ts";
import { Random } from "../support/random.ts";

const random = new Random(11);
const tensor = (...shape: number[]) => random.tensor("float32", shape, -1, 1);

interface Cell {
  readonly op: string;
  readonly attrs?: Readonly<Record<string, AttrInput>>;
  readonly names?: readonly string[];
  readonly alphas?: readonly number[];
  readonly betas?: readonly number[];
  /** Of the optional operands those that are given. */
  readonly given?: readonly string[];
  readonly opset?: number;
  readonly outputs?: readonly string[];
  readonly atRunTime?: boolean;
  readonly lengths?: readonly number[];
}

const gatesOf: Readonly<Record<string, number>> = { LSTM: 4, GRU: 3, RNN: 1 };
const [steps, batch, inputs, hidden] = [5, 3, 3, 6];

/** A model of one cell, and its operands. */
function model(c: Cell) {
  const { op, attrs = {}, given = [] } = c;
  const d = attrs.direction === "bidirectional" ? 2 : 1;
  const isBatchFirst = attrs.layout === 1;
  const gates = gatesOf[op]! * hidden;
  const state = isBatchFirst ? [batch, d, hidden] : [d, batch, hidden];
  const lengths = tensorOf("int32", [batch], c.lengths ?? [5, 2, 4]);
  const all: Record<string, Tensor> = {
    x: isBatchFirst ? tensor(batch, steps, inputs) : tensor(steps, batch, inputs),
    w: tensor(d, gates, inputs),
    r: tensor(d, gates, hidden),
    b: tensor(d, 2 * gates),
    lengths,
    h: tensor(...state),
    c: tensor(...state),
    p: tensor(d, 3 * hidden),
  };
  const names = ["x", "w", "r", ...["b", "lengths", "h", "c", "p"].slice(0, op === "LSTM" ? 5 : 3)];
  const used = names.map((n) => (["x", "w", "r", ...given].includes(n) ? n : ""));
  const outputs = c.outputs ?? (op === "LSTM" ? ["y", "yh", "yc"] : ["y", "yh"]);
  const lists: Record<string, AttrInput> = {
    ...(c.names && { activations: { strings: c.names } }),
    ...(c.alphas && { activation_alpha: { floats: c.alphas } }),
    ...(c.betas && { activation_beta: { floats: c.betas } }),
  };
  const own = { hidden_size: hidden, ...attrs, ...lists };
  const isInput = (n: string) => n === "x" || c.atRunTime || n === "h" || n === "lengths";
  const pick = (wanted: boolean) =>
    Object.fromEntries(
      used.filter((n) => n !== "" && isInput(n) === wanted).map((n) => [n, all[n]!]),
    );
  return {
    nodes: [{ op, inputs: used, outputs, attrs: own }],
    inputs: pick(true),
    constants: pick(false),
    outputs: outputs.filter((n) => n !== ""),
    opset: c.opset ?? 14,
  };
}

const run = (c: Cell) => expectLikeOrt({ ...model(c), relative: 2e-6 });
const ops = ["LSTM", "GRU", "RNN"];

describe.each(ops)("%s", (op) => {
  it.each(["forward", "reverse", "bidirectional"])("%s", (direction) =>
    run({ op, attrs: { direction }, given: ["b"] }));
  it.each(["forward", "reverse", "bidirectional"])("%s, of sequences of their own", (direction) =>
    run({ op, attrs: { direction }, given: ["b", "lengths", "h", "c"] }));
  it("without a bias", () => run({ op }));
  it("with initial states", () => run({ op, given: ["b", "h", "c"] }));
  it("with weights of run time", () => run({ op, given: ["b"], atRunTime: true }));
  it("of opset 7", () => run({ op, given: ["b"], opset: 7 }));
  it("with what goes into activations clipped", () =>
    run({ op, attrs: { clip: { float: 0.4 } }, given: ["b"] }));
  it("the last state alone", () => run({ op, outputs: ["", "yh"], given: ["b"] }));
  it("all states alone", () => run({ op, outputs: ["y"], given: ["b"] }));
});

describe("LSTM", () => {
  it("with peepholes", () => run({ op: "LSTM", given: ["b", "p"] }));
  it("with peepholes, both ways", () =>
    run({ op: "LSTM", given: ["p", "c"], attrs: { direction: "bidirectional" } }));
  it("with coupled gates", () => run({ op: "LSTM", given: ["b"], attrs: { input_forget: 1 } }));
  it("the last cell alone", () => run({ op: "LSTM", outputs: ["", "", "yc"], given: ["b"] }));
  it("with functions of its own", () =>
    run({ op: "LSTM", names: ["HardSigmoid", "Softsign", "Relu"], alphas: [0.3], betas: [0.4] }));
});

describe("GRU", () => {
  it.each(["forward", "bidirectional"])("%s, R before the reset gate", (direction) =>
    run({ op: "GRU", given: ["b", "h"], attrs: { direction, linear_before_reset: 1 } }));
  it("with functions for each direction", () =>
    run({
      op: "GRU",
      attrs: { direction: "bidirectional" },
      names: ["HardSigmoid", "ScaledTanh", "Sigmoid", "LeakyRelu"],
      alphas: [0.25, 1.5, 0.1],
      betas: [0.4, 0.7],
    }));
});

describe("the functions of a cell", () => {
  const names = [
    ...["Sigmoid", "Tanh", "Relu", "Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh"],
    ...["HardSigmoid", "Elu", "Softsign", "Softplus"],
  ];
  it.each(names)("%s", (name) => run({ op: "RNN", names: [name], alphas: [0.3], betas: [0.2] }));
  it.each(["Sigmoid", "LeakyRelu", "HardSigmoid", "Elu"])("%s by default", (name) =>
    run({ op: "RNN", names: [name] }));
});

describe("with the batch first", () => {
  // ONNX Runtime runs the other layout alone; the rule transposes where the reference moves.
  it.each(ops)("%s", (op) => {
    const given = ["b", "lengths", "h", "c"];
    const c = model({ op, given, attrs: { layout: 1, direction: "bidirectional" } });
    const imported = readOnnx(writeBytes(encodeCase(c)), { report: () => {} });
    const values = imported.inputs.map((v) => c.inputs[v.name]!);
    const want = evaluate(imported, values);
    evaluate(lowered(imported), values).forEach((t, i) => {
      expectNear(t, want[i]!);
    });
  });
});

describe("what does not fit", () => {
  const problems = (c: Cell, constants: Readonly<Record<string, Tensor>> = {}): string[] => {
    const m = model(c);
    const bytes = encodeCase({ ...m, constants: { ...m.constants, ...constants } });
    return compile(writeBytes(bytes), { target: "host" }).diagnostics.map((d) => d.text);
  };
  it("a direction", () =>
    expect(problems({ op: "RNN", attrs: { direction: "up" } })[0]).toContain(
      "unknown direction 'up'",
    ));
  it("a function", () =>
    expect(problems({ op: "RNN", names: ["Sine"] })[0]).toContain("'Sine' is no activation"));
  it("functions for one direction of two", () =>
    expect(
      problems({ op: "RNN", names: ["Tanh"], attrs: { direction: "bidirectional" } })[0],
    ).toContain("'activations' has 1 names, not 2"));
  it("weights", () =>
    expect(problems({ op: "GRU" }, { w: tensor(1, 17, 3) })[0]).toContain(
      "W has shape [1, 17, 3], not [1, 18, 3]",
    ));
});

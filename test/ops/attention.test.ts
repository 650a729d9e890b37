/** Attention and rotary embeddings against ONNX Runtime. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { elementCount, type Shape } from "../../compiler/ir/types.ts";
import { type AttrInput, writeBytes } from "../support/onnx.ts";
import { encodeCase, expectLikeOrt } from "../support/oracle.ts";
import { Random } from "../support/random.ts";

const random = new Random(13);
const tensor = (...shape: number[]) => random.tensor("float32", shape, -1, 1);
const truths = (shape: Shape): Tensor =>
  tensorOf(
    "bool",
    shape,
    Array.from({ length: elementCount(shape) }, (_, i) => (i % 3 === 1 ? 0 : 1)),
  );

type Attrs = Readonly<Record<string, AttrInput>>;

const names = ["q", "k", "v", "mask", "pastKey", "pastValue"];

function caseOf(given: Readonly<Record<string, Tensor>>, attrs: Attrs = {}, outputs = ["y"]) {
  const inputs = names.map((n) => (given[n] ? n : ""));
  const last = inputs.findLastIndex((n) => n !== "");
  const node = { op: "Attention", inputs: inputs.slice(0, last + 1), outputs, attrs };
  return { nodes: [node], inputs: given, outputs: outputs.filter((n) => n !== ""), opset: 23 };
}

const run = (...args: Parameters<typeof caseOf>) => expectLikeOrt(caseOf(...args));

const apart = () => ({ q: tensor(2, 3, 4, 8), k: tensor(2, 3, 6, 8), v: tensor(2, 3, 6, 5) });
const joint = () => ({ q: tensor(2, 4, 24), k: tensor(2, 6, 24), v: tensor(2, 6, 15) });
const heads = { q_num_heads: 3, kv_num_heads: 3 };

describe("Attention", () => {
  it("of heads apart", () => run(apart()));
  it("of heads side by side", () => run(joint(), heads));
  it("of heads that share keys", () =>
    run({ q: tensor(2, 4, 3, 8), k: tensor(2, 2, 5, 8), v: tensor(2, 2, 5, 6) }));
  it("of heads side by side that share keys", () =>
    run(
      { q: tensor(1, 3, 32), k: tensor(1, 5, 16), v: tensor(1, 5, 12) },
      { q_num_heads: 4, kv_num_heads: 2 },
    ));
  it("scaled", () => run(apart(), { scale: { float: 0.3 } }));
  it("with a soft cap", () => run(apart(), { softcap: { float: 0.5 } }));
  it("that looks back", () => run(apart(), { is_causal: 1 }));
  it("with a past", () => {
    const past = { pastKey: tensor(2, 3, 5, 8), pastValue: tensor(2, 3, 5, 5) };
    return run({ ...apart(), ...past }, {}, ["y", "key", "value"]);
  });
  it.each([0, 1, 2, 3])("with its scores, mode %i", (mode) =>
    run(
      { ...apart(), mask: tensor(4, 6) },
      { qk_matmul_output_mode: mode, softcap: { float: 2 } },
      ["y", "", "", "scores"],
    ));
  it.each([[[4, 6]], [[3, 4, 6]], [[2, 1, 4, 6]], [[2, 3, 4, 6]]])("masked by %j", (shape) =>
    run({ ...apart(), mask: tensor(...shape) }));
  it.each([[[4, 6]], [[2, 3, 4, 6]]])("masked by truths %j", (shape) =>
    run({ ...apart(), mask: truths(shape) }));
  it("masked, looking back", () => run({ ...apart(), mask: tensor(4, 6) }, { is_causal: 1 }));
});

describe("RotaryEmbedding", () => {
  const node = (attrs: Attrs, given: Readonly<Record<string, Tensor>>) =>
    expectLikeOrt({
      nodes: [{ op: "RotaryEmbedding", inputs: Object.keys(given), attrs }],
      inputs: given,
      opset: 23,
    });
  const ids = tensorOf("int64", [2, 3], [0, 1, 2, 4, 6, 5]);
  it.each([0, 1])("interleaved %i", (interleaved) =>
    node({ interleaved }, { x: tensor(2, 4, 3, 8), c: tensor(7, 4), s: tensor(7, 4), ids }));
  it("without positions", () =>
    node({}, { x: tensor(2, 4, 3, 8), c: tensor(2, 3, 4), s: tensor(2, 3, 4) }));
  it.each([0, 1])("of heads side by side, interleaved %i", (interleaved) =>
    node(
      { num_heads: 4, interleaved },
      { x: tensor(2, 3, 32), c: tensor(7, 4), s: tensor(7, 4), ids },
    ));
  it.each([0, 1])("of some elements, interleaved %i", (interleaved) =>
    node(
      { rotary_embedding_dim: 4, num_heads: 4, interleaved },
      { x: tensor(2, 4, 3, 8), c: tensor(7, 2), s: tensor(7, 2), ids },
    ));
});

describe("what does not fit", () => {
  const problem = (...args: Parameters<typeof caseOf>): string =>
    compile(writeBytes(encodeCase(caseOf(...args))), { target: "host" }).diagnostics[0]!.text;
  it("heads", () =>
    expect(problem(joint(), { q_num_heads: 5, kv_num_heads: 3 })).toContain(
      "24 numbers of Q are no 5 heads",
    ));
  it("no number of heads", () => expect(problem(joint())).toContain("no 0 heads"));
  it("keys", () =>
    expect(problem({ ...apart(), k: tensor(2, 3, 6, 7) })).toContain("do not fit each other"));
  it("a mask", () =>
    expect(problem({ ...apart(), mask: tensor(3, 6) })).toContain("cannot broadcast"));
  it("half of a past", () =>
    expect(problem({ ...apart(), pastKey: tensor(2, 3, 5, 8) })).toContain("come together"));
});

/** Operators that are read as others, against what their definitions say, number by number. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { numbers, type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { runBatch } from "../support/batch.ts";
import { codes, diagnoseModel } from "../support/failures.ts";
import { expectNear } from "../support/near.ts";
import { encodeModel, type NodeInput, writeBytes } from "../support/onnx.ts";
import { compileModel } from "../support/programs.ts";
import { Random } from "../support/random.ts";

const names = ["a", "b", "c", "d"];

function modelOf(node: NodeInput, inputs: readonly Tensor[], outputs: readonly string[]) {
  return {
    inputs: inputs.map(({ elem, shape }, i) => ({ name: names[i]!, elem, shape })),
    nodes: [{ ...node, inputs: names.slice(0, inputs.length), outputs }],
    outputs: outputs.map((name) => ({ name })),
    opset: 28,
  };
}

async function expectOutputs(node: NodeInput, inputs: readonly Tensor[], want: readonly Tensor[]) {
  const outputs = want.map((_, i) => `y${i}`);
  const file = writeBytes(encodeModel(modelOf(node, inputs, outputs)));
  const program = compileModel(file, { target: "host" });
  const [made] = await runBatch([{ program, inputs }]);
  for (const got of [evaluate(program.imported, inputs), made!])
    got.forEach((y, i) => {
      expect(y.shape).toEqual(want[i]!.shape);
      expectNear(y, want[i]!, 1e-5, 0);
    });
}

const random = new Random(7);
const floats = (...shape: number[]): Tensor => random.tensor("float32", shape);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

it("SwiGLU", async () => {
  const [a, b] = [floats(2, 5), floats(2, 5)];
  const y = Array.from(numbers(a), (x, i) => x * sigmoid(1.5 * x) * numbers(b)[i]!);
  const node = { op: "SwiGLU", attrs: { alpha: 1.5 } };
  await expectOutputs(node, [a, b], [tensorOf("float32", [2, 5], y)]);
});

it("SwiGLU of operands that would broadcast", () => {
  const model = modelOf({ op: "SwiGLU" }, [floats(2, 5), floats(5)], ["y"]);
  expect(codes(diagnoseModel(model))).toContain(2005);
});

describe("CausalConvWithState", () => {
  const [batch, channels, length, taps] = [2, 3, 6, 4];
  const [x, w, bias] = [
    floats(batch, channels, length),
    floats(channels, 1, taps),
    floats(channels),
  ];
  const past = floats(batch, channels, taps - 1);

  it.each([
    ["none", (y: number) => y],
    ["silu", (y: number) => y * sigmoid(y)],
  ] as const)("%s", async (activation, f) => {
    const y: number[] = [];
    const present: number[] = [];
    for (let row = 0; row < batch * channels; row++) {
      const c = row % channels;
      const before = Array.from(numbers(past)).slice(row * (taps - 1), (row + 1) * (taps - 1));
      const own = Array.from(numbers(x)).slice(row * length, (row + 1) * length);
      const all = [...before, ...own];
      for (let i = 0; i < length; i++) {
        let acc = numbers(bias)[c]!;
        for (let k = 0; k < taps; k++) acc += all[i + k]! * numbers(w)[c * taps + k]!;
        y.push(f(acc));
      }
      present.push(...all.slice(1 - taps));
    }
    await expectOutputs(
      { op: "CausalConvWithState", attrs: { activation } },
      [x, w, bias, past],
      [tensorOf("float32", x.shape, y), tensorOf("float32", past.shape, present)],
    );
  });
});

const ml = (op: string, attrs: NodeInput["attrs"] = {}): NodeInput => ({
  op,
  attrs,
  domain: "ai.onnx.ml",
});

it("Binarizer", async () => {
  const x = tensorOf("float32", [5], [-1, 0.25, 0.5, 0.75, 3]);
  const y = tensorOf("float32", [5], [0, 0, 0, 1, 1]);
  await expectOutputs(ml("Binarizer", { threshold: 0.5 }), [x], [y]);
});

it.each([
  [
    [2, 4],
    [2, 3],
    [3, 0, 2, 7, 4, 6],
  ],
  [[4], [1, 3], [3, 0, 2]],
])("ArrayFeatureExtractor of %j", async (shape, made, values) => {
  const x = tensorOf(
    "float32",
    shape,
    [0, 1, 2, 3, 4, 5, 6, 7].slice(0, 4 * (shape.length ** 2 > 1 ? 2 : 1)),
  );
  const indices = tensorOf("int64", [3], [3, 0, 2]);
  await expectOutputs(
    ml("ArrayFeatureExtractor"),
    [x, indices],
    [tensorOf("float32", made, values)],
  );
});

/** Programs of odd shapes: names, several inputs and outputs, layouts, floats at the boundary. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { execute } from "../../compiler/commands/measure.ts";
import { type CompileOptions, compile } from "../../compiler/compile.ts";
import { numbers, tensorOf } from "../../compiler/ir/tensor.ts";
import { listTargets } from "../../compiler/target.ts";
import { dataFile, storedInput, tfliteOutput } from "../support/mlperf.ts";
import { bundled, modelFile } from "../support/models.ts";
import { expectNear } from "../support/near.ts";
import { encodeModel, type ModelInput, writeBytes } from "../support/onnx.ts";
import { compileModel, inTemporaryFolder, runSamples } from "../support/programs.ts";

const runModel = (model: ModelInput, options: CompileOptions = {}) =>
  execute(
    compileModel(writeBytes(encodeModel(model), "net.onnx"), { target: "host", ...options }),
    {},
  );

/** Every output of the program against the reference on the same inputs. */
async function expectReference(model: ModelInput, options: CompileOptions = {}): Promise<void> {
  const { program, runs, outputs } = await runModel(model, options);
  const want = evaluate(program.graph, runs[0]!, { profile: program.profile });
  outputs.forEach((y, i) => expectNear(y, want[i]!));
}

describe("a program", () => {
  it("has names of its own whatever the model's are", () =>
    expectReference({
      inputs: [
        { name: "int", shape: [2, 3] },
        { name: "input:0", shape: [2, 3] },
        { name: "input/0", shape: [2, 3] },
        { name: '*/ "evil" \\ name\n', shape: [2, 3] },
      ],
      nodes: [
        { op: "Add", inputs: ["int", "input:0"], outputs: ["1"], name: "a*/b" },
        { op: "Mul", inputs: ["1", "input/0"], outputs: ["return"], name: "%s \\" },
        { op: "Sub", inputs: ["return", '*/ "evil" \\ name\n'], outputs: ["y y"] },
      ],
      outputs: [{ name: "y y" }, { name: "return" }],
    }));

  it.each([
    "model",
    "main",
    "math",
    "string",
    "mote",
    "stdio",
    "io",
    "harness",
    "program",
  ])("may be called %s", (name) =>
    expectReference(
      {
        inputs: [{ name: "x", shape: [1, 4] }],
        nodes: [{ op: "Softmax", inputs: ["x"], outputs: ["y"] }],
        outputs: [{ name: "y" }],
      },
      { name },
    ));

  it("gives an input, a constant and one value twice as outputs", async () => {
    const model: ModelInput = {
      inputs: [{ name: "x", shape: [4] }],
      initializers: { c: tensorOf("float32", [2], [1.5, -2]) },
      nodes: [
        { op: "Tanh", inputs: ["x"], outputs: ["t"] },
        { op: "Neg", inputs: ["c"], outputs: ["n"] },
        { op: "Identity", inputs: ["x"], outputs: ["same"] },
        { op: "Identity", inputs: ["t"], outputs: ["u"] },
      ],
      outputs: [{ name: "t" }, { name: "same" }, { name: "n" }, { name: "u" }],
    };
    const { outputs, runs } = await runModel(model);
    expect(outputs[1]!.data).toEqual(runs[0]![0]!.data);
    expect(Array.from(numbers(outputs[2]!))).toEqual([-1.5, 2]);
    expect(outputs[3]!.data).toEqual(outputs[0]!.data);
    await expectReference(model);
  });

  it.each(listTargets())("mixes types on %s", (target) =>
    expectReference(
      {
        inputs: [
          { name: "x", shape: [1, 2, 4, 6] },
          { name: "i", elem: "int64", shape: [3] },
        ],
        nodes: [
          {
            op: "MaxPool",
            inputs: ["x"],
            outputs: ["p"],
            attrs: { kernel_shape: [2, 2], strides: [2, 2] },
          },
          { op: "Gather", inputs: ["p", "i"], outputs: ["g"], attrs: { axis: 3 } },
          { op: "Softmax", inputs: ["g"], outputs: ["s"], attrs: { axis: 1 } },
          { op: "Cast", inputs: ["s"], outputs: ["b"], attrs: { to: 6 } },
        ],
        outputs: [{ name: "s" }, { name: "b", elem: "int32" }],
      },
      { target },
    ));

  it("runs a batch of several images", () =>
    expectReference({
      inputs: [{ name: "x", shape: [3, 2, 5, 4] }],
      initializers: {
        w: tensorOf(
          "float32",
          [2, 2, 3, 3],
          Array.from({ length: 36 }, (_, i) => Math.cos(i)),
        ),
      },
      nodes: [
        { op: "Conv", inputs: ["x", "w"], outputs: ["c"], attrs: { pads: [1, 1, 1, 1] } },
        { op: "MaxPool", inputs: ["c"], outputs: ["y"], attrs: { kernel_shape: [2, 2] } },
      ],
      outputs: [{ name: "y" }],
    }));

  it.each(["Softmax", "LogSoftmax"])("runs %s over several axes, as before opset 13", (op) =>
    expectReference({
      inputs: [{ name: "x", shape: [2, 3, 4] }],
      nodes: [{ op, inputs: ["x"], outputs: ["y"], attrs: { axis: 1 } }],
      outputs: [{ name: "y" }],
      opset: 11,
    }));

  it.each([
    "nchw",
    "nhwc",
  ] as const)("takes and gives images as %s, in JSON in the model's order", async (ioLayout) => {
    const weights = Array.from({ length: 5 * 3 * 9 }, (_, i) => Math.sin(i));
    const model: ModelInput = {
      inputs: [{ name: "x", shape: [1, 3, 6, 7] }],
      initializers: { w: tensorOf("float32", [5, 3, 3, 3], weights) },
      nodes: [{ op: "Conv", inputs: ["x", "w"], outputs: ["y"], attrs: { pads: [1, 1, 1, 1] } }],
      outputs: [{ name: "y" }],
    };
    const nchw = await runModel(model);
    const { outputs, program } = await runModel(model, { ioLayout });
    expectNear(outputs[0]!, nchw.outputs[0]!);
    const shape = ioLayout === "nhwc" ? [1, 6, 7, 3] : [1, 3, 6, 7];
    expect(program.graph.inputs[0]!.type.shape).toEqual(shape);
    expect(program.graph.nodes.filter((n) => n.op === "Transpose")).toEqual([]);
  });
});

describe.each(bundled)("%s", (model) => {
  it("runs clean under the sanitizers", async () => {
    const program = compileModel(modelFile(model), { target: "host", profile: "tflite" });
    const sample = storedInput(model, 0, program.graph.inputs[0]!.type);
    const { outputs } = await runSamples(program, [sample], { sanitize: true });
    expect(outputs[0]!.data).toEqual(tfliteOutput(model, 0));
  });

  it("keeps its floats with floatIo, and gives the same numbers", async () => {
    const whole = compileModel(modelFile(model), { target: "host" });
    const float = compileModel(modelFile(model), { target: "host", floatIo: true });
    expect(float.graph.inputs[0]!.type.elem).toBe("float32");
    const file = dataFile(`${model}_int8_1_in.f32`);
    const [a, b] = [
      await execute(whole, { inputs: [file] }),
      await execute(float, { inputs: [file] }),
    ];
    const { scale, zeroPoint } = whole.graph.outputs[0]!.value.type.quant!;
    const real = Array.from(numbers(a.outputs[0]!), (q) =>
      Math.fround((q - zeroPoint[0]!) * scale[0]!),
    );
    expect(Array.from(numbers(b.outputs[0]!))).toEqual(real);
  });

  it("takes NHWC without a transposition and with the same answer", async () => {
    const [a, b] = await Promise.all(
      (["nchw", "nhwc"] as const).map((ioLayout) =>
        execute(compileModel(modelFile(model), { target: "host", ioLayout }), {}),
      ),
    );
    expect(b!.outputs[0]!.data).toEqual(a!.outputs[0]!.data);
    expect(b!.program.graph.nodes.filter((n) => n.op === "Transpose")).toEqual([]);
  });

  it("gives the same bytes twice and from another folder", async () => {
    const files = (file: string) => [...compile(file, {}).program!.emitted.files];
    const first = files(modelFile(model));
    await inTemporaryFolder((folder) => {
      const elsewhere = join(folder, "a b", `${model}.onnx`);
      mkdirSync(join(folder, "a b"));
      copyFileSync(modelFile(model), elsewhere);
      expect(files(elsewhere)).toEqual(first);
    });
    expect(files(modelFile(model))).toEqual(first);
  });
});

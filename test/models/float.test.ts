/** The float networks against ONNX Runtime, and their quantisation's accuracy. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { numbers, type Tensor } from "../../compiler/ir/tensor.ts";
import { quantizeTensor } from "../../compiler/ops/quantisation.ts";
import { parseNpy } from "../../compiler/read/numpy.ts";
import { argmax, dataFile, floatInput } from "../support/mlperf.ts";
import { bundled } from "../support/models.ts";
import { npyBytes } from "../support/npy.ts";
import { compileModel, inTemporaryFolder, runSamples } from "../support/programs.ts";

const floatFile = (model: string): string => dataFile(`${model}_fp32.onnx`);

async function runtime(model: string) {
  const session = await ort.InferenceSession.create(floatFile(model));
  return async (x: Tensor) => {
    const feed = new ort.Tensor("float32", x.data as Float32Array, [...x.shape]);
    return (await session.run({ input: feed })).output!.data as Float32Array;
  };
}

describe.each(bundled)("%s in float", (model) => {
  it.each(["host", "cortex-m4"])("agrees with ONNX Runtime on %s", async (target) => {
    const program = compileModel(floatFile(model), { target });
    const sample = floatInput(model, 0, program.graph.inputs[0]!.type.shape);
    const { outputs } = await runSamples(program, [sample]);
    const want = await (await runtime(model))(sample);
    const largest = Math.max(...Array.from(want, Math.abs));
    const worst = Math.max(...Array.from(want, (x, i) => Math.abs(x - numbers(outputs[0]!)[i]!)));
    expect(worst / largest).toBeLessThan(1e-4);
  });
});

describe("post-training quantisation of kws", () => {
  const calibrated = 200;
  const [scale, zero] = [0.5847029089927673, 83];
  const features = numbers(parseNpy(readFileSync(dataFile("features_int8.npy"))));
  const labels = numbers(parseNpy(readFileSync(dataFile("labels.npy"))));
  const each = 490;
  const real = Float32Array.from(features, (q) => scale * (q - zero));
  const sampleAt = (i: number): Tensor => ({
    elem: "float32",
    shape: [1, 1, 49, 10],
    data: real.slice(i * each, (i + 1) * each),
  });
  const scored = Array.from({ length: labels.length - calibrated }, (_, i) => i + calibrated);
  const percent = (right: number) => (100 * right) / scored.length;

  it("is within one point of float on the samples that it was not calibrated on", async () => {
    const program = await inTemporaryFolder((folder) => {
      const calib = join(folder, "calib.npy");
      const samples = real.slice(0, calibrated * each);
      writeFileSync(calib, npyBytes(samples, [calibrated, 1, 49, 10]));
      return compileModel(floatFile("kws"), { target: "host", quantize: "int8", calib });
    });
    const { quant } = program.graph.inputs[0]!.type;
    const stored = scored.map((i) => quantizeTensor(sampleAt(i), "int8", quant!));
    const { outputs } = await runSamples(program, stored);
    const isRight = (y: ArrayLike<number>, k: number) => argmax(y) === labels[scored[k]!];
    const integer = percent(outputs.filter((y, k) => isRight(numbers(y), k)).length);
    const run = await runtime("kws");
    let right = 0;
    for (const [k, i] of scored.entries()) if (isRight(await run(sampleAt(i)), k)) right++;
    expect(percent(right)).toBeGreaterThan(85);
    expect(integer).toBeGreaterThan(percent(right) - 1);
  });
});

/** The bundled networks in the model language: MLPerf Tiny's are their ONNX files, to the bit. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { compile } from "../../compiler/compile.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { float32s, numbers, withShape } from "../../compiler/ir/tensor.ts";
import { elementCount } from "../../compiler/ir/types.ts";
import { packagePath } from "../../compiler/paths.ts";
import { check } from "../../compiler/read/dsl/check.ts";
import { parseNpz } from "../../compiler/read/numpy.ts";
import { dataFile, floatInput, storedInput, tfliteOutput } from "../support/mlperf.ts";
import { bundled, modelFile } from "../support/models.ts";
import { expectNear } from "../support/near.ts";
import { compileModel } from "../support/programs.ts";

const moteFile = (name: string): string => packagePath("models", name, `${name}.mote`);

/** The C of a program without comments and spaces, its names counted in their order. */
function namelessC(text: string, name: string): string {
  const names = new Map<string, string>();
  const counted = (word: string) => {
    if (!names.has(word)) names.set(word, `name${names.size}`);
    return names.get(word)!;
  };
  return text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(new RegExp(`\\b${name}_\\w+`, "g"), counted)
    .replace(/\s+/g, "");
}

const cOf = (file: string, name: string, target: string): string => {
  const { files } = compileModel(file, { target }).emitted;
  return namelessC(String(files.get(`${name}.c`)), name);
};

/** The network as it was read. */
function graphOf(name: string): Graph {
  const { graph, diagnostics } = check(moteFile(name));
  expect(diagnostics).toEqual([]);
  return graph!;
}

describe.each(bundled)("%s", (name) => {
  const programOf = (file: string) => compileModel(file, { target: "host", profile: "tflite" });

  it("gives TensorFlow Lite's output", () => {
    const { graph } = programOf(moteFile(name));
    for (const i of [0, 1, 2]) {
      const input = storedInput(name, i, graph.inputs[0]!.type);
      const [output] = evaluate(graph, [input], { profile: "tflite" });
      expect(output!.data).toEqual(tfliteOutput(name, i));
    }
  });

  it("computes what the ONNX file does before it is compiled", () => {
    const [ours, onnx] = [graphOf(name), programOf(modelFile(name)).imported];
    const input = floatInput(name, 0, ours.inputs[0]!.type.shape);
    expect(evaluate(ours, [input])).toEqual(evaluate(onnx, [input]));
  });

  it.each(["host", "cortex-m4"])("is the same C but for names on %s", (target) => {
    const [ours, onnx] = [moteFile(name), modelFile(name)].map((f) => cOf(f, name, target));
    expect(ours === onnx).toBe(true);
    expect(ours!.length).toBeGreaterThan(10_000);
  });
});

describe("tcn", () => {
  it("gives PyTorch's output", () => {
    const graph = graphOf("tcn");
    const io = new Map(parseNpz(readFileSync(dataFile("tcn_io.npz"))));
    const [inputs, outputs] = ["in_0", "out_0"].map((name) => Array.from(numbers(io.get(name)!)));
    for (const i of [0, 1]) {
      const picked = inputs!.slice(i * 40 * 98, (i + 1) * 40 * 98);
      const [output] = evaluate(graph, [float32s([1, 40, 98], picked)]);
      const wanted = outputs!.slice(i * 8, (i + 1) * 8);
      expectNear(withShape(output!, [1, 8]), float32s([1, 8], wanted), 1e-5);
    }
  });

  it("compiles", () => {
    const { macs } = compileModel(moteFile("tcn"), { target: "cortex-m4" });
    // As the exporter counted.
    expect(macs).toBe(3_920_320);
  });
});

describe("mobilenet_v2", () => {
  const trained = ["Conv", "Gemm", "BatchNormalization"];

  it("has the layers and parameters of torchvision's", () => {
    const graph = graphOf("mobilenet_v2");
    const layers = graph.nodes.filter((n) => trained.includes(n.op));
    // Weight and bias; running means and variances are not trained.
    const parameters = layers.flatMap((n) => n.inputs.slice(1, 3).map((v) => v!.type.shape));
    expect(parameters.reduce((sum, shape) => sum + elementCount(shape), 0)).toBe(3_504_872);
    expect(layers.filter((n) => n.op === "Conv")).toHaveLength(52);
    expect(graph.nodes.filter((n) => n.op === "Add")).toHaveLength(10);
    expect(graph.outputs[0]!.value.type.shape).toEqual([1, 1000]);
  });
});

describe("what goes beyond a budget", () => {
  it("is said at the layer of the text that runs at the peak", () => {
    const { diagnostics } = compile(moteFile("ic"), { target: "cortex-m4", maxSram: 1000 });
    expect(diagnostics.map((d) => d.code)).toEqual([4101]);
    const { line, column } = diagnostics[0]!.place;
    const text = readFileSync(moteFile("ic"), "utf8").split("\n")[line! - 1]!;
    expect(text.slice(column! - 1)).toMatch(/^(conv|relu)/);
  });
});

describe("the text", () => {
  it.each([...bundled, "tcn", "mobilenet_v2"])("of %s takes under 40 lines", (name) => {
    const lines = readFileSync(moteFile(name), "utf8").split("\n");
    expect(lines.length).toBeLessThan(40);
    expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(110);
  });
});

/** Post-training quantisation of a small float network: types, parameters, distance from float. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { type CompileOptions, compile } from "../../compiler/compile.ts";
import { constantOf, type Graph, type Node } from "../../compiler/ir/graph.ts";
import { numbers, type Tensor } from "../../compiler/ir/tensor.ts";
import { clamp } from "../../compiler/ops/numerics.ts";
import { quantizeTensor } from "../../compiler/ops/quantisation.ts";
import { countOf } from "../support/models.ts";
import { constants, images, networkFile, samplesFile } from "./network.ts";

const samples = images(1, 60);
const calib = samplesFile(samples);

function quantized(last: string, options: CompileOptions = {}) {
  const file = networkFile(last);
  const { program, diagnostics } = compile(file, { quantize: "int8", calib, ...options });
  expect(diagnostics).toEqual([]);
  return program!;
}

const nodesOf = (graph: Graph, op: string): Node[] => graph.nodes.filter((n) => n.op === op);

describe("without floatIo", () => {
  const { graph, imported } = quantized("Identity");
  const [x, y] = [graph.inputs[0]!.type, graph.outputs[0]!.value.type];

  it("takes and gives int8 from end to end", () => {
    expect([x.elem, y.elem]).toEqual(["int8", "int8"]);
    expect(countOf(graph, "Quantize", "Dequantize")).toBe(0);
  });

  it("takes the input's parameters from the samples' smallest and largest number", () => {
    const all = samples.flatMap((t) => Array.from(numbers(t)));
    const [low, high] = [all, all].map((l, i) =>
      l.reduce((a, b) => (i ? Math.max(a, b) : Math.min(a, b))),
    );
    const { scale, zeroPoint } = x.quant!;
    expect(scale[0]! * (-128 - zeroPoint[0]!)).toBeCloseTo(low!, 1);
    expect(scale[0]!).toBeCloseTo((high! - low!) / 255, 6);
  });

  it("is within a few steps of float", () => {
    const { scale, zeroPoint } = y.quant!;
    const differences = images(2, 30).flatMap((image) => {
      const [want] = evaluate(imported, [image]);
      const [got] = evaluate(graph, [quantizeTensor(image, "int8", x.quant!)]);
      const stored = (x: number) => clamp(zeroPoint[0]! + x / scale[0]!, -128, 127);
      return Array.from(numbers(got!), (q, i) => Math.abs(q - stored(numbers(want!)[i]!)));
    });
    expect(Math.max(...differences)).toBeLessThan(8);
    expect(differences.reduce((a, b) => a + b) / differences.length).toBeLessThan(2);
  });
});

describe("with floatIo", () => {
  const { graph, imported } = quantized("Identity", { floatIo: true });

  it("takes and gives float32, and is int8 between", () => {
    const types = [graph.inputs[0]!, graph.outputs[0]!.value].map((v) => v.type.elem);
    expect(types).toEqual(["float32", "float32"]);
    expect([countOf(graph, "Quantize"), countOf(graph, "Dequantize")]).toEqual([1, 1]);
  });

  it("gives the same numbers as without", () => {
    const stored = quantized("Identity").graph;
    const [tx, ty] = [stored.inputs[0]!.type.quant!, stored.outputs[0]!.value.type.quant!];
    for (const image of images(3, 5)) {
      const [real] = evaluate(graph, [image]);
      const [q] = evaluate(stored, [quantizeTensor(image, "int8", tx)]);
      const again = Array.from(numbers(q!), (v) =>
        Math.fround((v - ty.zeroPoint[0]!) * ty.scale[0]!),
      );
      expect(Array.from(numbers(real!))).toEqual(again);
    }
    expect(imported.inputs[0]!.type.elem).toBe("float32");
  });
});

describe.each([
  ["Softmax", 1 / 256, -128],
  ["Sigmoid", 1 / 256, -128],
  ["Tanh", 1 / 128, 0],
])("%s at the end", (op, scale, zero) => {
  const { graph, imported } = quantized(op);
  const [x, y] = [graph.inputs[0]!.type, graph.outputs[0]!.value.type];

  it("has the range that TFLite's specification fixes", () => {
    expect(y.quant).toEqual({ scale: [scale], zeroPoint: [zero] });
  });

  it("is within a few hundredths of float", () => {
    for (const image of images(4, 10)) {
      const [want] = evaluate(imported, [image]);
      const [got] = evaluate(graph, [quantizeTensor(image, "int8", x.quant!)]);
      const worst = Array.from(numbers(got!), (q, i) =>
        Math.abs((q - zero) * scale - numbers(want!)[i]!),
      );
      expect(Math.max(...worst)).toBeLessThan(0.04);
    }
  });
});

describe("weights", () => {
  const { graph } = quantized("Identity");
  const layers = [...nodesOf(graph, "Conv2D"), ...nodesOf(graph, "FullyConnected")];
  const stored = layers.map((n) => n.inputs[1]!);

  it("are symmetric for each filter, in −127 to 127", () => {
    expect(stored.length).toBe(4);
    for (const w of stored) {
      const list = Array.from(numbers(constantOf(w)!));
      expect([w.type.elem, w.type.quant!.axis]).toEqual(["int8", 0]);
      expect(new Set(w.type.quant!.zeroPoint)).toEqual(new Set([0]));
      expect(Math.min(...list)).toBeGreaterThanOrEqual(-127);
      expect(list.some((q) => Math.abs(q) === 127)).toBe(true);
    }
  });

  it.each([
    [0, "w1"],
    [1, "w2"],
    [2, "w3"],
    [3, "w4"],
  ])("layer %i has the scales of %s", (layer, name) => {
    const { shape, data } = constants[name]!;
    const each = data.length / shape[0]!;
    const want = Array.from({ length: shape[0]! }, (_, f) => {
      const filter = (data as Float32Array).subarray(f * each, (f + 1) * each);
      return Math.fround(Math.max(...filter.map(Math.abs)) / 127);
    });
    expect(stored[layer]!.type.quant!.scale).toEqual(want);
  });

  it("have biases at the scale of the products", () => {
    for (const { inputs } of layers) {
      const [x, w, b] = inputs;
      if (!b) continue;
      const want = w!.type.quant!.scale.map((s) => Math.fround(s * x!.type.quant!.scale[0]!));
      expect(b.type.elem).toBe("int32");
      expect(b.type.quant!.scale).toEqual(want);
    }
  });
});

it("max pools keep their input's parameters, and clamps are in the layers", () => {
  const { graph } = quantized("Identity");
  const [pool] = nodesOf(graph, "MaxPool2D");
  expect(pool!.outputs[0]!.type.quant).toEqual(pool!.inputs[0]!.type.quant);
  expect(countOf(graph, "Clamp", "Requantize", "Transpose")).toBe(0);
});

it("nhwc images give the same numbers", () => {
  const planes = quantized("Identity").graph;
  const { graph } = quantized("Identity", { ioLayout: "nhwc" });
  const [image] = images(5, 1);
  const q = quantizeTensor(image!, "int8", planes.inputs[0]!.type.quant!);
  const [, c, h, w] = q.shape as [number, number, number, number];
  const data = Int8Array.from({ length: c * h * w }, (_, i) => {
    const [k, at] = [i % c, Math.floor(i / c)];
    return (q.data as Int8Array)[k * h * w + at]!;
  });
  const camera: Tensor = { elem: "int8", shape: [1, h, w, c], data };
  expect(graph.inputs[0]!.type).toEqual({ ...planes.inputs[0]!.type, shape: [1, h, w, c] });
  expect(evaluate(graph, [camera])).toEqual(evaluate(planes, [q]));
});

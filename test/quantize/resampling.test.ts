/** Transposed convolutions and resizes of quantised networks: integer operators, near ONNX Runtime. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { compile } from "../../compiler/compile.ts";
import { MoteError } from "../../compiler/diagnostics.ts";
import { float32s, numbers, type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { dequantizeTensor } from "../../compiler/ops/quantisation.ts";
import { largestDifference } from "../support/near.ts";
import { npyBytes } from "../support/npy.ts";
import { encodeModel, type ModelInput, type NodeInput, writeBytes } from "../support/onnx.ts";
import { runOrt } from "../support/ort.ts";
import { Random } from "../support/random.ts";
import { number } from "../support/tensors.ts";

const shape = [1, 4, 5, 6];
const x = new Random(1).tensor("float32", shape, -2, 2);

const quantized = (from: string, to: string, scale: string): NodeInput[] => [
  { op: "QuantizeLinear", inputs: [from, scale, "z"], outputs: [`${to}_q`] },
  { op: "DequantizeLinear", inputs: [`${to}_q`, scale, "z"], outputs: [to] },
];

/** Q and DQ round one operator whose input has scale 0.02 and whose output has `scale`. */
const marked = (node: NodeInput, scale: number, constants: Record<string, Tensor>): ModelInput => ({
  nodes: [...quantized("x", "a", "sx"), node, ...quantized("t", "y", "sy")],
  inputs: [{ name: "x", elem: "float32", shape }],
  outputs: [{ name: "y" }],
  initializers: { sx: number(0.02), sy: number(scale), z: number(-5, "int8"), ...constants },
});

function compiled(file: string, options: object) {
  const { program, diagnostics } = compile(file, { target: "host", ...options });
  if (!program) throw new MoteError(...diagnostics);
  expect(diagnostics).toEqual([]);
  return program;
}

/** The operators behind each other, and how many steps the result is from ONNX Runtime's. */
async function result(model: ModelInput, scale: number, profile: "fast" | "tflite") {
  const bytes = encodeModel(model);
  const [want] = await runOrt(bytes, { x });
  const { graph } = compiled(writeBytes(bytes), { profile, floatIo: true });
  const [got] = evaluate(graph, [x], { profile });
  const [a, b] = [got!.data as Float32Array, want!.data as Float32Array];
  const steps = Math.max(...a.map((v, i) => Math.abs(v - b[i]!))) / scale;
  const operators = graph.nodes.map((n) => n.op).filter((op) => op !== "Constant");
  return { operators, steps };
}

const transposed = (group: number): Record<string, Tensor> => {
  const random = new Random(2);
  const filters = group === 1 ? 3 : 1;
  return {
    wq: random.tensor("int8", [4, filters, 4, 4]),
    ws: random.tensor("float32", [filters], 0.001, 0.004),
    wz: tensorOf("int8", [filters], Array(filters).fill(0)),
  };
};

describe.each(["fast", "tflite"] as const)("profile %s", (profile) => {
  it.each([1, 4])("a transposed convolution in %i group(s)", async (group) => {
    const node = {
      op: "ConvTranspose",
      inputs: ["a", "w"],
      outputs: ["t"],
      attrs: { strides: [2, 2], pads: [1, 1, 1, 1], group },
    };
    const model = marked(node, 0.05, transposed(group));
    const weights = { op: "DequantizeLinear", inputs: ["wq", "ws", "wz"], outputs: ["w"] };
    const nodes = [{ ...weights, attrs: { axis: 1 } }, ...model.nodes];
    const { operators, steps } = await result({ ...model, nodes }, 0.05, profile);
    expect(operators.filter((op) => /Conv|antize/.test(op))).toEqual([
      "Quantize",
      "ConvTranspose2D",
      "Dequantize",
    ]);
    expect(steps).toBeLessThan(1.01);
  });

  it.each([
    ["nearest", 0.02, "ResizeNearest"],
    ["linear", 0.02, "Interpolate"],
    ["linear", 0.03, "Interpolate"],
    ["cubic", 0.03, "Interpolate"],
  ])("Resize %s to the scale %d", async (mode, scale, op) => {
    const constants = { s: float32s([4], [1, 1, 2, 1.5]) };
    const node = { op: "Resize", inputs: ["a", "", "s"], outputs: ["t"], attrs: { mode } };
    const { operators, steps } = await result(marked(node, scale, constants), scale, profile);
    expect(operators.filter((name) => name !== "Input")).toEqual(["Quantize", op, "Dequantize"]);
    expect(steps).toBeLessThan(1.01);
  });
});

it("a linear Resize that nothing quantises stays float", () => {
  const constants = { s: float32s([4], [1, 1, 2, 2]) };
  const resize = { op: "Resize", inputs: ["a", "", "s"], attrs: { mode: "linear" } };
  const model = marked(resize, 0.02, constants);
  const nodes = [...quantized("x", "a", "sx"), resize];
  const { graph } = compiled(writeBytes(encodeModel({ ...model, nodes })), { floatIo: true });
  const ops = graph.nodes.map((n) => n.op).filter((op) => op !== "Constant");
  expect(ops).toEqual(["Input", "Quantize", "Dequantize", "Interpolate"]);
});

it("calibration makes both integer", () => {
  const random = new Random(3);
  const model: ModelInput = {
    nodes: [
      { op: "ConvTranspose", inputs: ["x", "w"], outputs: ["t"], attrs: { strides: [2, 2] } },
      { op: "Relu", inputs: ["t"], outputs: ["r"] },
      { op: "Resize", inputs: ["r", "", "s"], attrs: { mode: "linear" } },
    ],
    inputs: [{ name: "x", elem: "float32", shape }],
    outputs: [{ name: "y" }],
    initializers: {
      w: random.tensor("float32", [4, 3, 2, 2]),
      s: float32s([4], [1, 1, 2, 2]),
    },
  };
  const samples = random.tensor("float32", [3, ...shape]).data as Float32Array;
  const calib = writeBytes(npyBytes(samples, [3, ...shape]), "resampling.npy");
  const program = compiled(writeBytes(encodeModel(model)), { quantize: "int8", calib });
  const { graph, imported } = program;
  const moved = ["Input", "Constant", "Transpose"];
  const made = graph.nodes.filter((n) => !moved.includes(n.op));
  expect(made.map((n) => [n.op, n.outputs[0]!.type.elem])).toEqual([
    ["ConvTranspose2D", "int8"],
    ["Interpolate", "int8"],
  ]);
  const stored = random.tensor("int8", shape, -60, 60);
  const [want] = evaluate(imported, [dequantizeTensor(stored, graph.inputs[0]!.type.quant!)]);
  const quant = graph.outputs[0]!.value.type.quant!;
  const real = dequantizeTensor(evaluate(graph, [stored])[0]!, quant);
  const difference = largestDifference(numbers(real), numbers(want!));
  expect(difference / quant.scale[0]!).toBeLessThan(3);
});

/** The whole pipeline on the bundled networks: what must be left of each, by its own node counts. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { bundled, countOf, modelFile } from "../support/models.ts";

describe.each(bundled)("%s", (name) => {
  const { program, diagnostics } = compile(modelFile(name));
  const { imported, graph } = program!;

  it("compiles without a message", () => {
    expect(diagnostics).toEqual([]);
  });

  it("has no transposition left: the first kernel reads planes, weights took the others", () => {
    expect(countOf(graph, "Transpose")).toBe(0);
  });

  it("is integer from end to end", () => {
    expect(countOf(graph, "Quantize", "Dequantize", "QuantizeLinear", "StorageCast")).toBe(0);
    expect(graph.inputs.map((v) => v.type.elem)).toEqual(["int8"]);
    expect(graph.outputs.map((o) => o.value.type.elem)).toEqual(["int8"]);
  });

  it("has a convolution for each of the model's", () => {
    expect(countOf(graph, "Conv2D")).toBe(countOf(imported, "Conv"));
  });

  it("has a fully connected layer for each product", () => {
    expect(countOf(graph, "FullyConnected")).toBe(countOf(imported, "Gemm", "MatMul"));
  });

  it("has no activation of its own: clamps are part of the layers", () => {
    expect(countOf(graph, "Clamp", "Relu", "Clip", "Requantize")).toBe(0);
  });
});

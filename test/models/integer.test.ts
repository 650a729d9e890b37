/** The int8 networks on every target: TensorFlow Lite to the bit, and the reference to the bit. */
import { describe, expect, it } from "vitest";
import { evaluate, evaluateNode } from "../../compiler/check/eval.ts";
import type { Node, Value } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import type { RunResult } from "../../compiler/run/run.ts";
import { listTargets } from "../../compiler/target.ts";
import { argmax, storedInput, tfliteOutput } from "../support/mlperf.ts";
import { bundled, modelFile } from "../support/models.ts";
import { compileModel, runSamples } from "../support/programs.ts";

const indices = [0, 1, 2];
const arenaBytesMax = { kws: 22_820, ic: 54_996, vww: 100_708, ad: 2_580 };
const stackBytesMax = 1536;

const samplesOf = (model: string, program: ReturnType<typeof compileModel>) =>
  indices.map((i) => storedInput(model, i, program.graph.inputs[0]!.type));

describe.each(bundled)("%s", (model) => {
  it.each(
    listTargets(),
  )("is TensorFlow Lite's to the bit on %s, profile tflite", async (target) => {
    const program = compileModel(modelFile(model), { target, profile: "tflite" });
    const { outputs } = await runSamples(program, samplesOf(model, program));
    for (const i of indices) expect(outputs[i]!.data).toEqual(tfliteOutput(model, i));
  });

  it.each(listTargets())("is the reference's to the bit on %s, profile fast", async (target) => {
    const program = compileModel(modelFile(model), { target, profile: "fast" });
    const samples = samplesOf(model, program);
    const { outputs } = await runSamples(program, samples);
    for (const [i, sample] of samples.entries())
      expect(outputs[i]!.data).toEqual(evaluate(program.graph, [sample])[0]!.data);
  });

  it("needs no more arena and stack than TensorFlow Lite Micro, and nothing else in RAM", async () => {
    const program = compileModel(modelFile(model), { target: "cortex-m4" });
    const { result } = await runSamples(program, samplesOf(model, program));
    expect(program.graph.plan.arenaBytes).toBeLessThanOrEqual(arenaBytesMax[model]);
    expect(result.stackBytes).toBeGreaterThan(0);
    expect(result.stackBytes).toBeLessThanOrEqual(stackBytesMax);
    expect([result.sizes!.dataBytes, result.sizes!.bssBytes]).toEqual([0, 0]);
    expect(floatOrHeap(result)).toEqual([]);
  });

  it.each([
    "cortex-m0plus",
    "cortex-m3",
  ])("needs no float, heap or printing on %s", async (target) => {
    const program = compileModel(modelFile(model), { target });
    const { result } = await runSamples(program, samplesOf(model, program));
    expect(floatOrHeap(result)).toEqual([]);
  });

  it("gives the same answer in profile fast as in tflite", () => {
    const { graph } = compileModel(modelFile(model), { target: "host" });
    for (const i of indices) {
      const sample = storedInput(model, i, graph.inputs[0]!.type);
      const [fast] = evaluate(graph, [sample], { profile: "fast" });
      const want = tfliteOutput(model, i);
      if (model !== "ad") expect(argmax(fast!.data as Int8Array)).toBe(argmax(want));
      else expect(largestStep(fast!, want)).toBeLessThanOrEqual(4);
    }
  });

  it("differs from tflite by one step a layer at most, two for Add", () => {
    const { graph } = compileModel(modelFile(model), { target: "host" });
    const tensors = new Map<Value, Tensor>();
    const sample = storedInput(model, 0, graph.inputs[0]!.type);
    tensors.set(graph.inputs[0]!, sample);
    for (const n of graph.nodes)
      if (n.op === "Constant") tensors.set(n.outputs[0]!, n.attrs.value as Tensor);
    evaluate(graph, [sample], { profile: "tflite", observe: (v, t) => tensors.set(v, t) });
    const layers = graph.plan.steps.map((s) => s.node);
    for (const node of layers) {
      const steps = largestStep(inProfileFast(node, tensors), tensors.get(node.outputs[0]!)!.data);
      expect(steps, node.origins.join()).toBeLessThanOrEqual(node.op === "Add" ? 2 : 1);
    }
  });
});

/** Functions of the linked program that an integer network must not need. */
const floatOrHeap = ({ sizes }: RunResult): string[] =>
  sizes!.symbols
    .map((s) => s.name)
    .filter((n) => /^(__aeabi_[fd]|malloc|_malloc|expf?$|printf|__.*[sd]f[23]$)/.test(n));

const inProfileFast = (node: Node, tensors: ReadonlyMap<Value, Tensor>): Tensor =>
  evaluateNode(
    node,
    node.inputs.map((v) => v && tensors.get(v)),
    "fast",
  )[0]!;

const largestStep = (a: Tensor, b: ArrayLike<number | bigint>): number =>
  Math.max(...Array.from(a.data as Int8Array, (x, i) => Math.abs(x - Number(b[i]))));

/**
 * Networks exported from PyTorch, and some of them quantised by ONNX Runtime, against its stored
 * outputs and its accuracy: all of ../shared/data/pytorch where that is there, else those in
 * test/models/pytorch.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeFiles } from "../../compiler/commands/write.ts";
import type { Program } from "../../compiler/compile.ts";
import {
  numbers,
  type Tensor,
  tensorBytes,
  tensorOf,
  tensorsFromBytes,
} from "../../compiler/ir/tensor.ts";
import { elementCount, type TensorType, typeBytes } from "../../compiler/ir/types.ts";
import { dequantizeTensor, quantizeTensor } from "../../compiler/ops/quantisation.ts";
import { packagePath } from "../../compiler/paths.ts";
import { parseNpz } from "../../compiler/read/numpy.ts";
import { runProgram } from "../../compiler/run/run.ts";
import { argmax } from "../support/mlperf.ts";
import { compileModel } from "../support/programs.ts";

const shared = packagePath("..", "shared", "data", "pytorch");
const own = packagePath("test", "models", "pytorch");
const folder = existsSync(shared) ? shared : own;
const models = readdirSync(folder)
  .filter((f) => f.endsWith(".onnx"))
  .map((f) => f.replace(".onnx", ""));
const isQuantised = (model: string): boolean => /_(qdq|qop)/.test(model);

const npz = (name: string): Map<string, Tensor> => parseNpz(readFileSync(join(folder, name)));

/** Sample k of a stack, or all of them. */
function samplesOf(stack: Tensor): Tensor[] {
  const [count, ...shape] = stack.shape as [number, ...number[]];
  const size = elementCount(shape);
  const all = numbers(stack);
  return Array.from({ length: count }, (_, k) =>
    tensorOf("float32", shape, Array.prototype.slice.call(all, k * size, (k + 1) * size)),
  );
}

const stored = (x: Tensor, type: TensorType): Tensor =>
  type.quant ? quantizeTensor(x, type.elem, type.quant) : { ...x, shape: type.shape };
const real = (y: Tensor, { quant }: TensorType): Tensor => (quant ? dequantizeTensor(y, quant) : y);

/** By sample, every output as real numbers. */
async function run(program: Program, runs: readonly (readonly Tensor[])[]): Promise<Tensor[][]> {
  const outDir = mkdtempSync(join(tmpdir(), "mote-pytorch-"));
  const { inputs, outputs } = program.graph;
  const types = outputs.map((o) => o.value.type);
  try {
    writeFiles(outDir, program.emitted.files);
    const result = await runProgram({
      outDir,
      name: program.name,
      target: program.target,
      samples: runs.map((given) =>
        Buffer.concat(given.map((x, i) => tensorBytes(stored(x, inputs[i]!.type)))),
      ),
      outputBytes: types.reduce((n, t) => n + typeBytes(t), 0),
      count: false,
    });
    return result.outputs.map((bytes) =>
      tensorsFromBytes(types, bytes).map((y, i) => real(y, types[i]!)),
    );
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

/** By sample, the stored inputs, or outputs. */
function storedOf(io: Map<string, Tensor>, what: "in" | "out"): Tensor[][] {
  const stacks = [...io].filter(([name]) => name.startsWith(`${what}_`)).sort();
  const samples = stacks.map(([, stack]) => samplesOf(stack));
  return samples[0]!.map((_, k) => samples.map((s) => s[k]!));
}

/** The part of the numbers that are further apart than `step` allows. */
function apart(got: Tensor, want: Tensor, step: number): number {
  const [g, w] = [numbers(got), Array.from(numbers(want))];
  const far = w.filter((x, i) => !(Math.abs(g[i]! - x) <= step * 1.0001));
  return far.length / w.length;
}

const largest = (t: Tensor): number => Math.max(...Array.from(numbers(t), Math.abs));

/**
 * How far from ONNX Runtime's a number may be: 1e-3 of the largest, or two steps where the output
 * is quantised. Where only ONNX Runtime rounds, at run time, to 8 bits on the way: two such steps.
 */
function stepOf(model: string, want: Tensor, { quant }: TensorType): number {
  if (quant) return 2 * quant.scale[0]!;
  const list = Array.from(numbers(want));
  const isDynamic = model.endsWith("_dyn");
  return isDynamic ? (2 * (Math.max(...list) - Math.min(...list))) / 255 : 1e-3 * largest(want);
}

describe.each(models)("%s", (model) => {
  const io = npz(`${model}_io.npz`);
  const file = join(folder, `${model}.onnx`);

  it.each(["host", "cortex-m4"])("gives ONNX Runtime's outputs on %s", {
    timeout: 600_000,
  }, async (target) => {
    const program = compileModel(file, { target });
    const made = await run(program, storedOf(io, "in"));
    storedOf(io, "out").forEach((outputs, k) => {
      outputs.forEach((want, i) => {
        const step = stepOf(model, want, program.graph.outputs[i]!.value.type);
        const share = apart(made[k]![i]!, want, step);
        if (isQuantised(model)) expect(share).toBeLessThan(0.01);
        else expect(share).toBe(0);
      });
    });
  });
});

/** What a network takes, of what is stored. */
const prepared: Readonly<Record<string, (x: number) => number>> = {
  digits: (x) => x / 16,
  shapes: (x) => x / 127.5 - 1,
  gestures: (x) => x,
};

/** ONNX Runtime's own accuracy in percent (models.json). */
const accuracies: readonly (readonly [string, string, number])[] = [
  ["digits_cnn_qdq_s8", "digits", 98.4],
  ["digits_cnn_qdq_u8", "digits", 98.4],
  ["digits_cnn_qop", "digits", 98.4],
  ["shapes_mbv2_qdq_s8", "shapes", 96.7],
  ["shapes_mbv2_qdq_u8", "shapes", 96.7],
  ["shapes_mbv2_qop", "shapes", 96.7],
  ["gestures_lstm_dyn", "gestures", 96.1],
];
const there = accuracies.filter(([, data]) => existsSync(join(folder, `${data}_eval.npz`)));

it.each(there)(
  "%s is as accurate on %s as in ONNX Runtime: %f %%",
  async (model, data, wanted) => {
    const evaluation = npz(`${data}_eval.npz`);
    const program = compileModel(join(folder, `${model}.onnx`), { target: "host" });
    const samples = samplesOf(evaluation.get("test_x")!);
    const runs = samples.map((x) => [
      tensorOf("float32", x.shape, Array.from(numbers(x), prepared[data]!)),
    ]);
    const labels = numbers(evaluation.get("test_y")!);
    const made = await run(program, runs);
    const right = made.filter(([y], k) => argmax(numbers(y!)) === labels[k]).length;
    expect(Math.abs((100 * right) / labels.length - wanted)).toBeLessThanOrEqual(0.3);
  },
  600_000,
);

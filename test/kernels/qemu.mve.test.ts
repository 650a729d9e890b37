/** Random single int8 layers on QEMU's Cortex-M55, whole programs, to the bit. */
import { expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { compile } from "../../compiler/compile.ts";
import { type Attrs, constant, input, makeGraph, type Value } from "../../compiler/ir/graph.ts";
import { printGraph } from "../../compiler/ir/print.ts";
import { tensorOf } from "../../compiler/ir/tensor.ts";
import { elementCount } from "../../compiler/ir/types.ts";
import { build } from "../../compiler/ops/build.ts";
import { OperatorError } from "../../compiler/ops/operator.ts";
import { type Case, runBatch } from "../support/batch.ts";
import { Random } from "../support/random.ts";

const layers = process.env.MOTE_SOAK === "1" ? 400 : 60;
const batchSize = 30;

const float = (...list: number[]): Value => constant(tensorOf("float32", [list.length], list));
const scalar = (elem: "float32" | "int8", x: number): Value => constant(tensorOf(elem, [], [x]));

/** The value stored as int8, and back. */
function stored(x: Value, scale: number, zero: number): Value {
  const parameters = [scalar("float32", scale), scalar("int8", zero)];
  return build("DequantizeLinear", [build("QuantizeLinear", [x, ...parameters]), ...parameters]);
}

const zeroPoint = (r: Random): number => r.pick([-128, 0, 127, r.int(-128, 127)]);
const storedInput = (r: Random, shape: number[], scale = r.pick([0.02, 0.05])): Value =>
  stored(input("x", { elem: "float32", shape }), scale, zeroPoint(r));

/** int8 weights with a scale for each filter. */
function weights(r: Random, shape: number[]): Value {
  const [filters] = shape as [number];
  const q = Array.from({ length: elementCount(shape) }, () => r.int(-127, 127));
  const zeros = constant(tensorOf("int8", [filters], new Array(filters).fill(0)));
  const scales = float(
    ...Array.from({ length: filters }, () => Math.fround(0.002 + r.real() / 50)),
  );
  return build("DequantizeLinear", [constant(tensorOf("int8", shape, q)), scales, zeros], {
    axis: 0,
  });
}

/** Now and then of a scale so small that accumulators are shifted left. */
const finish = (r: Random, y: Value, spread: number): Value => {
  const clamped = r.pick([false, true]) ? build("Relu", [y]) : y;
  const scale = (0.003 + r.real() / 60) * r.pick([1, 1, 1, 0.01]);
  return stored(clamped, Math.fround(spread * scale), zeroPoint(r));
};

const spreadOf = (taps: number): number => Math.sqrt(taps);

function conv(r: Random): Value {
  const pointwise = r.int(0, 2) === 0;
  const kernel = pointwise ? [1, 1] : [r.int(1, 5), r.int(1, 4)];
  const channels = r.pick([1, 3, 4, 8, 16, 17, 32, 40, r.int(1, 70), pointwise ? 160 : 5]);
  const filters = r.pick([1, 4, 6, 8, 16, r.int(1, 20)]);
  const [h, w] = [r.int(1, 9), r.int(1, 9)];
  const attrs: Attrs = {
    strides: [r.int(1, 2), r.int(1, 2)],
    ...(!pointwise && {
      pads: Array.from({ length: 4 }, () => r.int(0, 2)),
      dilations: [r.int(1, 2), r.int(1, 2)],
    }),
  };
  const x = storedInput(r, [r.pick([1, 1, 2]), channels, h, w]);
  const y = build("Conv", [x, weights(r, [filters, channels, ...kernel])], attrs);
  return finish(r, y, spreadOf(channels * elementCount(kernel)));
}

/** 3x3 on whole vectors of channels, at least 4 pixels wide. */
function rows(r: Random): Value {
  const channels = r.pick([16, 16, 32, 48, 64, 80]);
  const filters = r.pick([7, 8, 14, 16, r.int(1, 24)]);
  const attrs: Attrs = {
    strides: r.pick([
      [1, 1],
      [2, 2],
      [r.int(1, 2), r.int(1, 2)],
    ]),
    pads: Array.from({ length: 4 }, () => r.int(0, 2)),
    dilations: [r.pick([1, 1, 2]), 1],
  };
  const width = (attrs.strides as number[])[1]! * r.int(8, 14);
  const x = storedInput(r, [r.pick([1, 1, 2]), channels, r.int(3, 9), width]);
  const y = build("Conv", [x, weights(r, [filters, channels, 3, 3])], attrs);
  return finish(r, y, r.pick([2, spreadOf(channels * 9)]));
}

function depthwise(r: Random): Value {
  const kernel = r.pick([
    [3, 3],
    [r.int(1, 5), r.int(1, 5)],
  ]);
  const channels = r.pick([2, 4, 8, 16, 24, 32, 64, r.int(2, 40)]);
  const multiplier = r.pick([1, 1, 1, 2]);
  const attrs: Attrs = {
    group: channels,
    strides: r.pick([
      [1, 1],
      [2, 2],
      [r.int(1, 3), r.int(1, 3)],
    ]),
    pads: Array.from({ length: 4 }, () => r.int(0, 2)),
    dilations: r.pick([
      [1, 1],
      [r.int(1, 2), r.int(1, 2)],
    ]),
  };
  const x = storedInput(r, [r.pick([1, 1, 2]), channels, r.int(1, 12), r.int(1, 12)]);
  const y = build("Conv", [x, weights(r, [channels * multiplier, 1, ...kernel])], attrs);
  return finish(r, y, spreadOf(elementCount(kernel)));
}

function matrix(r: Random): Value {
  const size = r.pick([16, 64, 128, 144, 640, r.int(1, 200)]);
  const filters = r.pick([2, 8, 10, 16, r.int(1, 40)]);
  const x = storedInput(r, [r.int(1, 3), size]);
  const y = build("Gemm", [x, weights(r, [filters, size])], { transB: 1 });
  return finish(r, y, spreadOf(size));
}

function pool(r: Random): Value {
  const channels = r.pick([4, 8, 16, 20, 32, r.int(1, 40)]);
  const kernel = [r.int(1, 4), r.int(1, 4)];
  const attrs: Attrs = { kernel_shape: kernel, strides: [r.int(1, 2), r.int(1, 2)] };
  const [scale, zero] = [r.pick([0.02, 0.05]), zeroPoint(r)];
  const x = stored(
    input("x", { elem: "float32", shape: [1, channels, 6, r.int(4, 9)] }),
    scale,
    zero,
  );
  return stored(build(r.pick(["AveragePool", "MaxPool"]), [x], attrs), scale, zero);
}

function add(r: Random): Value {
  const shape = [1, r.int(1, 40), r.int(1, 5), r.int(1, 5)];
  const [a, b] = ["a", "b"].map((name) =>
    stored(input(name, { elem: "float32", shape }), 0.01 + r.real() / 20, zeroPoint(r)),
  );
  return finish(r, build("Add", [a!, b!]), 2);
}

/** A layer that fits together; some draws have no output. */
function layer(r: Random): Value {
  const make = r.pick([conv, conv, rows, rows, depthwise, depthwise, matrix, pool, add]);
  for (;;)
    try {
      return make(r);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
    }
}

function makeCase(seed: number): Case | undefined {
  const r = new Random(seed);
  const y = layer(r);
  const inputs: Value[] = [];
  const visit = (v: Value) => {
    if (v.node.op === "Input" && !inputs.includes(v)) inputs.push(v);
    for (const operand of v.node.inputs) if (operand) visit(operand);
  };
  visit(y);
  const graph = makeGraph("imported", `g${seed}`, inputs, [{ name: "y", value: y }]);
  const profile = r.pick(["fast", "tflite"] as const);
  const ioLayout = r.pick(["nhwc", "nhwc", "nchw"] as const);
  const options = { target: "cortex-m55", profile, ioLayout, name: `g${seed}` } as const;
  const { program, diagnostics } = compile(graph, options);
  if (!program) throw new Error(`seed ${seed}: ${diagnostics.map((d) => d.text).join(" ")}`);
  return { program, inputs: program.graph.inputs.map((v) => r.tensor(v.type.elem, v.type.shape)) };
}

const first = Number(process.env.MOTE_SEED ?? 1);
it(`runs ${layers} layers as the reference says`, { timeout: 3_600_000 }, async () => {
  const kernels = new Set<string>();
  for (let begin = first; begin < first + layers; begin += batchSize) {
    const cases = Array.from({ length: batchSize }, (_, i) => makeCase(begin + i)!);
    const outputs = await runBatch(cases);
    const wrong: string[] = [];
    for (const [i, { program, inputs }] of cases.entries()) {
      for (const n of program.graph.nodes) if (n.attrs.kernel) kernels.add(String(n.attrs.kernel));
      const want = evaluate(program.graph, inputs, { profile: program.profile });
      const same = want.every((t, k) => `${t.data}` === `${outputs[i]![k]!.data}`);
      if (!same)
        wrong.push(
          `seed ${begin + i}, ${program.profile}:\n${printGraph(program.graph).text}\n` +
            `${want[0]!.data.slice(0, 40)}\n${outputs[i]![0]!.data.slice(0, 40)}`,
        );
    }
    expect(wrong.join("\n")).toBe("");
  }
  for (const name of [
    "conv_1x1_packed_s8",
    "conv_patches_s8",
    "conv_rows_s8",
    "fully_connected_packed_s8",
    "depthwise_columns_s8",
  ])
    expect(kernels).toContain(name);
});

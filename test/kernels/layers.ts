/** Random networks of one int8 layer on a target, whole programs, to the bit. */
import { expect } from "vitest";
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

/** 3x3 on whole vectors of channels, mostly 4 pixels wide or more. */
function rows(r: Random): Value {
  const channels = r.pick([16, 16, 32, 48, 64, 80]);
  const filters = r.pick([1, 6, 8, 16, r.int(1, 20)]);
  const attrs: Attrs = {
    strides: r.pick([
      [1, 1],
      [2, 2],
      [r.int(1, 2), r.int(1, 2)],
    ]),
    pads: Array.from({ length: 4 }, () => r.int(0, 2)),
    dilations: [r.pick([1, 1, 2]), 1],
  };
  const x = storedInput(r, [r.pick([1, 1, 2]), channels, r.int(1, 7), r.int(3, 19)]);
  const y = build("Conv", [x, weights(r, [filters, channels, 3, 3])], attrs);
  return finish(r, y, spreadOf(channels * 9));
}

/** Several groups of several channels. */
function grouped(r: Random): Value {
  const [group, perGroup] = [r.int(2, 5), r.pick([1, 2, 4, 8, 16, 17, r.int(1, 20)])];
  const kernel = r.pick([
    [1, 1],
    [r.int(1, 3), r.int(1, 3)],
  ]);
  const x = storedInput(r, [r.pick([1, 2]), group * perGroup, r.int(3, 7), r.int(3, 7)]);
  const w = weights(r, [group * r.pick([1, 2, 4, r.int(1, 9)]), perGroup, ...kernel]);
  const pads = kernel.flatMap((k) => [r.int(0, k - 1), r.int(0, k - 1)]);
  const y = build("Conv", [x, w], { group, pads, strides: [r.int(1, 2), r.int(1, 2)] });
  return finish(r, y, spreadOf(perGroup * elementCount(kernel)));
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

/** Some windows reach into the padding, which averages may count. */
function pool(r: Random, op: string): Value {
  const channels = r.pick([4, 8, 16, 20, 32, 44, r.int(1, 40)]);
  const kernel = r.pick([
    [r.int(1, 4), r.int(1, 4)],
    [6, r.int(4, 9)],
  ]);
  const attrs: Attrs = {
    kernel_shape: kernel,
    strides: [r.int(1, 2), r.int(1, 2)],
    pads: [...kernel, 1, 1].map((k) => r.int(0, k - 1)),
    ...(op === "AveragePool" && { count_include_pad: r.int(0, 1) }),
  };
  const [scale, zero] = [r.pick([0.02, 0.05]), zeroPoint(r)];
  const shape = [r.int(1, 2), channels, 6, r.int(4, 9)];
  const y = build(op, [stored(input("x", { elem: "float32", shape }), scale, zero)], attrs);
  const clamped = r.int(0, 2) === 0 ? build("Relu", [y]) : y;
  return r.int(0, 1) === 0 ? stored(clamped, scale, zero) : finish(r, y, 1);
}

const averagePool = (r: Random): Value => pool(r, "AveragePool");
const maxPool = (r: Random): Value => pool(r, "MaxPool");

function binary(r: Random, op: string): Value {
  const shape = [1, r.int(1, 40), r.int(1, 5), r.int(1, 5)];
  const [a, b] = ["a", "b"].map((name) =>
    stored(input(name, { elem: "float32", shape }), 0.01 + r.real() / 20, zeroPoint(r)),
  );
  return finish(r, build(op, [a!, b!]), 2);
}

const sum = (r: Random): Value => binary(r, "Add");
const product = (r: Random): Value => binary(r, "Mul");

function table(r: Random): Value {
  const x = storedInput(r, [1, r.int(1, 40), r.int(1, 5), r.int(1, 5)]);
  return finish(r, build(r.pick(["Sigmoid", "Tanh"]), [x]), 1);
}

/** Makes the network's output. */
export type Layer = (r: Random) => Value;

export const weighted: readonly Layer[] = [
  conv,
  conv,
  rows,
  rows,
  grouped,
  depthwise,
  depthwise,
  matrix,
];
export const weightless: readonly Layer[] = [averagePool, maxPool, sum, product, table];

/** A layer that fits together; some draws have no output. */
function layer(r: Random, make: Layer): Value {
  for (;;)
    try {
      return make(r);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
    }
}

function makeCase(seed: number, target: string, kind: Layer): Case {
  const r = new Random(seed);
  const y = layer(r, kind);
  const inputs: Value[] = [];
  const visit = (v: Value) => {
    if (v.node.op === "Input" && !inputs.includes(v)) inputs.push(v);
    for (const operand of v.node.inputs) if (operand) visit(operand);
  };
  visit(y);
  const graph = makeGraph("imported", `g${seed}`, inputs, [{ name: "y", value: y }]);
  const profile = r.pick(["fast", "tflite"] as const);
  const ioLayout = r.pick(["nhwc", "nhwc", "nchw"] as const);
  const options = { target, profile, ioLayout, name: `g${seed}` } as const;
  const { program, diagnostics } = compile(graph, options);
  if (!program) throw new Error(`seed ${seed}: ${diagnostics.map((d) => d.text).join(" ")}`);
  return { program, inputs: program.graph.inputs.map((v) => r.tensor(v.type.elem, v.type.shape)) };
}

/** Compiles and runs `count` layers, every kind in turn; returns the kernels that they had. */
export async function runLayers(
  target: string,
  kinds: readonly Layer[],
  count: number,
): Promise<ReadonlySet<string>> {
  const first = Number(process.env.MOTE_SEED ?? 1);
  const kernels = new Set<string>();
  for (let begin = first; begin < first + count; begin += batchSize) {
    const cases = Array.from({ length: batchSize }, (_, i) =>
      makeCase(begin + i, target, kinds[(begin + i) % kinds.length]!),
    );
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
  return kernels;
}

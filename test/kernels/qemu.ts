/** Random networks of one quantised layer, run on a target, against the reference. */
import { expect } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { type CompileOptions, compile } from "../../compiler/compile.ts";
import { MoteError } from "../../compiler/diagnostics.ts";
import {
  type Attrs,
  constant,
  type Graph,
  input,
  makeGraph,
  type Value,
} from "../../compiler/ir/graph.ts";
import { printGraph } from "../../compiler/ir/print.ts";
import { numbers, type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { elementCount, type Shape } from "../../compiler/ir/types.ts";
import { build } from "../../compiler/ops/build.ts";
import type { Profile } from "../../compiler/ops/numerics.ts";
import { OperatorError } from "../../compiler/ops/operator.ts";
import { type Case, runBatch } from "../support/batch.ts";
import { clampAttributes } from "./draw.ts";
import { Random } from "./random.ts";

const scalar = (x: number) => constant(tensorOf("float32", [], [Math.fround(x)]));
const zeroPoint = (x: number) => constant(tensorOf("int8", [], [x]));

/** Q then DQ of a value. */
function rounded(x: Value, scale: number, zero: number): Value {
  const [s, z] = [scalar(scale), zeroPoint(zero)];
  return build("DequantizeLinear", [build("QuantizeLinear", [x, s, z]), s, z]);
}

/** Stored weights of one magnitude or of a few large ones among small ones. */
function storedWeights(r: Random, shape: Shape): Value {
  const most = r.pick([127, 127, 60, 15]);
  const draw = () => (r.chance(0.1) ? r.pick([-128, 127]) : r.int(-most, most));
  return constant(tensorOf("int8", shape, r.list(elementCount(shape), draw)));
}

interface Scales {
  readonly x: number;
  readonly w: readonly number[];
}

/** DQ of constants: weights with a scale a filter, bias with the product of scales. */
function weights(r: Random, { w: shape, op }: Layer, { w }: Scales): Value {
  const zeros = w.map(() => 0);
  const scale = constant(tensorOf("float32", [w.length], w));
  const zero = constant(tensorOf("int8", [w.length], zeros));
  const axis = op === "ConvTranspose" ? 1 : 0;
  return build("DequantizeLinear", [storedWeights(r, shape), scale, zero], { axis });
}

/** Filters with a scale of their own: all of them, or those of one group. */
const scaleCount = ({ op, w }: Layer): number => w[op === "ConvTranspose" ? 1 : 0]!;

function bias(r: Random, { op, attrs }: Layer, scales: Scales): Value {
  const groups = op === "ConvTranspose" ? (attrs.group as number) : 1;
  const filters = [scales.w.length * groups];
  const draw = () => {
    const most = r.pick([9000, 9000, 9000, 2 ** 20, 2 ** 26]);
    return r.int(-most, most);
  };
  const stored = tensorOf("int32", filters, r.list(filters[0]!, draw));
  const products = scales.w.map((s) => Math.fround(s * scales.x));
  const zero = constant(
    tensorOf(
      "int32",
      [products.length],
      products.map(() => 0),
    ),
  );
  const scale = constant(tensorOf("float32", [products.length], products));
  return build("DequantizeLinear", [constant(stored), scale, zero], { axis: 0 });
}

export interface Layer {
  readonly op: "Conv" | "ConvTranspose" | "Gemm";
  readonly x: Shape;
  readonly w: Shape;
  readonly attrs: Attrs;
}

export function convolution(r: Random): Layer {
  const kernel = r.pick([
    [1, 1],
    [1, 1],
    [3, 3],
    [3, 3],
    [r.int(1, 5), r.int(1, 5)],
  ]);
  const channels = r.pick([1, 3, r.int(1, 40)]);
  const attrs = {
    ...(r.chance(0.4) && { strides: [r.int(1, 3), r.int(1, 3)] }),
    ...(r.chance(0.2) && { dilations: [r.int(1, 2), r.int(1, 2)] }),
    ...(r.chance(0.6) && { pads: kernel.flatMap((k) => [r.int(0, k - 1), r.int(0, k - 1)]) }),
  };
  const x = [1, channels, r.int(1, 9), r.int(1, 9)];
  return { op: "Conv", x, w: [r.int(1, 20), channels, ...kernel], attrs };
}

/** What Winograd's kernel serves, and others of the kind. */
export function square(r: Random): Layer {
  const channels = 4 * r.int(1, 20);
  const pads = r.list(4, () => r.int(0, 2));
  const x = [1, channels, r.int(1, 9), r.int(1, 9)];
  return { op: "Conv", x, w: [r.int(1, 20), channels, 3, 3], attrs: { pads } };
}

/** 3x3 with an output as large as the input, which may take its place. */
function sameDepthwise(r: Random): Layer {
  const group = 4 * r.int(1, 5);
  const x = [1, group, r.int(1, 30), r.int(1, 30)];
  return { op: "Conv", x, w: [group, 1, 3, 3], attrs: { pads: [1, 1, 1, 1], group } };
}

export function depthwise(r: Random): Layer {
  const { x, attrs } = convolution(r);
  const group = Math.max(2, x[1]!);
  const kernel = [r.int(1, 4), r.int(1, 4)];
  const pads = kernel.flatMap((k) => [r.int(0, k - 1), r.int(0, k - 1)]);
  const filters = group * r.pick([1, 1, 1, 2]);
  const shape = [1, group, x[2]!, x[3]!];
  if (r.chance(0.3)) return sameDepthwise(r);
  return { op: "Conv", x: shape, w: [filters, 1, ...kernel], attrs: { ...attrs, pads, group } };
}

/** Depthwise ones have a scale for all filters, since ONNX has none for each. */
export function transposed(r: Random): Layer {
  const group = r.pick([1, 1, 1, r.int(2, 20)]);
  const channels = group > 1 ? group : r.int(1, 40);
  const strides = [r.int(1, 3), r.int(1, 2)];
  const kernel = r.pick([strides, [3, 3], [4, 4], [r.int(1, 5), r.int(1, 5)]]);
  const attrs = {
    strides,
    group,
    ...(r.chance(0.2) && { dilations: [r.int(1, 2), r.int(1, 2)] }),
    ...(r.chance(0.5) && { pads: r.list(4, () => r.int(0, 1)) }),
    ...(r.chance(0.3) && { output_padding: [r.int(0, 1), r.int(0, 1)] }),
  };
  const w = [channels, group > 1 ? 1 : r.int(1, 20), ...kernel];
  return { op: "ConvTranspose", x: [1, channels, r.int(1, 6), r.int(1, 6)], w, attrs };
}

/** Several groups of several channels, or a depthwise convolution with many filters a channel. */
export function grouped(r: Random): Layer {
  const { x, w, attrs } = convolution(r);
  const [group, channels] = [r.int(2, 5), r.pick([1, 2, 3, 4, 8, r.int(1, 12)])];
  const filters = group * r.pick([1, 2, 4, r.int(1, 9)]);
  const shape = [1, group * channels, x[2]!, x[3]!];
  return {
    op: "Conv",
    x: shape,
    w: [filters, channels, ...w.slice(2)],
    attrs: { ...attrs, group },
  };
}

/** Depthwise 3x3, of lines that are longer than a turn of the cores, and many of them. */
export function depthwise3x3(r: Random): Layer {
  const group = r.int(8, 20);
  const pads = r.list(4, () => r.int(0, 2));
  const strides = [r.int(1, 3), r.int(1, 2)];
  const x = [1, group, r.pick([r.int(1, 9), r.int(20, 40)]), r.int(3, 40)];
  return { op: "Conv", x, w: [group, 1, 3, 3], attrs: { pads, strides, group } };
}

export function fullyConnected(r: Random): Layer {
  const [rows, size] = [r.pick([1, 1, 1, 3]), r.pick([r.int(1, 70), r.int(1, 70), 640])];
  return { op: "Gemm", x: [rows, size], w: [r.int(1, 20), size], attrs: { transB: 1 } };
}

function network(r: Random, layer: Layer): Graph<"imported"> {
  const x = input("x", { elem: "float32", shape: layer.x });
  const uniform = r.chance(0.2);
  const one = r.real(0.002, 0.02);
  const filters = r.list(scaleCount(layer), () => (uniform ? one : r.real(0.002, 0.02)));
  const scales = { x: r.real(0.01, 0.1), w: filters };
  const operands = [rounded(x, scales.x, r.pick([-128, 0, 127, r.int(-128, 127)]))];
  operands.push(weights(r, layer, scales));
  if (r.chance(0.8)) operands.push(bias(r, layer, scales));
  const y = build(layer.op, operands, layer.attrs);
  const product = scales.x * Math.max(...filters);
  const spread = product * 40 * Math.sqrt(elementCount(layer.w.slice(1))) * r.real(0.2, 3);
  const scale = r.chance(0.1) ? product : spread;
  const { clamp_min: low } = clampAttributes(r, scale * 100);
  const active = low === undefined ? y : build("Relu", [y]);
  const value = rounded(active, scale, r.pick([-128, 0, 127, r.int(-128, 127)]));
  return makeGraph("imported", "layer", [x], [{ name: "y", value }]);
}

const inputOf = (r: Random, shape: Shape): Tensor =>
  tensorOf(
    "int8",
    shape,
    r.list(elementCount(shape), () => (r.chance(0.1) ? -128 : r.int(-128, 127))),
  );

/** A case that the random layer's attributes allow; attributes that do not fit are drawn again. */
function makeCase(r: Random, draw: (r: Random) => Layer, options: CompileOptions): Case {
  for (;;)
    try {
      const { program, diagnostics } = compile(network(r, draw(r)), options);
      if (!program) throw new MoteError(...diagnostics);
      return { program, inputs: program.graph.inputs.map((v) => inputOf(r, v.type.shape)) };
    } catch (problem) {
      if (!(problem instanceof OperatorError)) throw problem;
    }
}

/** Compiles and runs `count` layers in one program; every byte is as the reference says. */
export async function checkLayers(
  target: string,
  draw: (r: Random) => Layer,
  seed: number,
  count: number,
): Promise<void> {
  const r = new Random(seed);
  const cases = Array.from({ length: count }, (_, i) => {
    const profile: Profile = r.pick(["fast", "tflite"]);
    const ioLayout = r.pick(["nchw", "nhwc"] as const);
    return makeCase(r, draw, { target, profile, ioLayout, name: `net${i}` });
  });
  const outputs = await runBatch(cases);
  for (const [i, { program, inputs }] of cases.entries()) {
    const want = evaluate(program.graph, inputs, { profile: program.profile });
    const [got, right] = [outputs[i]![0]!, want[0]!].map((t) => `${Array.from(numbers(t))}`);
    if (got === right) continue;
    const text = `${program.profile}\n${printGraph(program.graph).text}\n${got}\n${right}`;
    expect.fail(`seed ${seed}, layer ${i}: ${text}`);
  }
}

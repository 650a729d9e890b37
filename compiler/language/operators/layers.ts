/** Dense layers, normalisation and pools as people write them. */
import { type Attrs, ints, num, type Value } from "../../ir/graph.ts";
import { elementCount, type Shape, sameShape } from "../../ir/types.ts";
import { fail } from "../../ops/operator.ts";
import type { ArgumentSpec, LayerCall, LayerOperator } from "./operator.ts";
import {
  biasArgument,
  biasOf,
  differing,
  int,
  positive,
  weightArgument,
  weightOf,
  x,
} from "./parts.ts";
import { perAxis, short, spatialOf, windowAttributes, windowPlain } from "./window.ts";

/** [N, C, 1, 1] counts as [N, C]; any other rank but 2 multiplies the last axis. */
function rows(call: LayerCall): Value {
  const input = call.tensor("x");
  const { shape } = input.type;
  if (shape.length < 2) fail(`it takes [batch, features], not [${shape.join(", ")}]`);
  const isPixel = shape.length > 2 && elementCount(shape.slice(2)) === 1;
  return isPixel ? call.node("Flatten", [input], {}, { suffix: "flatten" }).outputs[0]! : input;
}

/** The channels and sizes of an image that a row of features was, if its channels come first. */
function flattenedImage(features: Value): Shape | undefined {
  const { shape } = features.type;
  let { node } = features;
  while (node.inputs[0] && sameShape(node.inputs[0].type.shape, shape)) node = node.inputs[0].node;
  const from = node.inputs[0]?.type.shape ?? [];
  const isFlat = node.op === "Flatten" || node.op === "Reshape";
  const before = node.inputs[0]?.node;
  if (before?.op === "Transpose" && ints(before, "perm").at(-1) === 1) return undefined;
  return isFlat && from.length > 2 && from[0] === shape[0] && shape.length === 2
    ? from.slice(1)
    : undefined;
}

const dense: LayerOperator = {
  name: "dense",
  docs: "fully connected: x · weightᵀ + bias, weight [units, features]",
  args: [x, int("units"), biasArgument, weightArgument],
  build: (call) => {
    const input = rows(call);
    const units = positive(call.plain("units"), "units");
    const { shape } = input.type;
    const spec = {
      name: "weight",
      shape: [units, shape.at(-1)!],
      axis: 0,
      role: "matrix",
      image: flattenedImage(input),
    } as const;
    const weight = weightOf(call, spec);
    const bias = biasOf(call, units);
    if (shape.length === 2)
      return call.node("Gemm", [input, weight, ...bias], { transB: 1 }).outputs;
    const turned = call.node("Transpose", [weight], { perm: [1, 0] }, { suffix: "weight" });
    const product = call.node("MatMul", [input, turned.outputs[0]!]);
    return bias.length === 0
      ? product.outputs
      : call.node("Add", [product.outputs[0]!, ...bias], {}, { suffix: "bias" }).outputs;
  },
  lift: (node) => {
    const [input, weight, bias] = node.inputs;
    const plainly = Object.keys(node.attrs).every((name) => name === "transB");
    if (node.op !== "Gemm" || num(node, "transB") !== 1 || !plainly) return undefined;
    const units = weight!.type.shape[0]!;
    if (bias && bias.type.shape.join() !== `${units}`) return undefined;
    return {
      tensors: { x: input! },
      plain: { units, ...(bias ? {} : { bias: false }) },
      parameters: { weight: weight!, ...(bias && { bias }) },
    };
  },
};

const statistics = ["weight", "bias", "running_mean", "running_var"] as const;
const roles = {
  weight: "scale",
  bias: "bias",
  running_mean: "mean",
  running_var: "variance",
} as const;

const batchNorm: LayerOperator = {
  name: "batch_norm",
  docs: "batch normalisation by weight, bias, running_mean and running_var",
  args: [
    x,
    { name: "epsilon", kinds: ["number"], named: true, initial: 1e-5 },
    ...statistics.map(
      (name): ArgumentSpec => ({ name, kinds: ["tensor"], named: true, optional: true }),
    ),
  ],
  build: (call) => {
    const input = call.tensor("x");
    const shape = [input.type.shape[1] ?? 1];
    const operands = statistics.map(
      (name) =>
        call.maybeTensor(name) ?? call.parameter({ name, shape, axis: 0, role: roles[name] }),
    );
    const epsilon = Math.fround(call.plain<number>("epsilon"));
    const attrs: Attrs = epsilon === Math.fround(1e-5) ? {} : { epsilon };
    return call.node("BatchNormalization", [input, ...operands], attrs).outputs;
  },
  lift: (node) => {
    if (node.op !== "BatchNormalization" || node.outputs.length > 1) return undefined;
    if (Object.keys(node.attrs).some((name) => name !== "epsilon")) return undefined;
    const [input, ...operands] = node.inputs;
    return {
      tensors: { x: input! },
      plain: node.attrs.epsilon === undefined ? {} : { epsilon: num(node, "epsilon") },
      parameters: Object.fromEntries(statistics.map((name, i) => [name, operands[i]!])),
    };
  },
};

const flag = (name: string): ArgumentSpec => ({
  name,
  kinds: ["boolean", "int"],
  named: true,
  initial: false,
});

/** A pool by a window; its strides are the kernel's sizes where they are not given. */
const pool = (name: string, op: string, docs: string, ...flags: string[]): LayerOperator => ({
  name,
  docs,
  args: [
    x,
    { name: "kernel", kinds: ["ints"], initial: 2 },
    { name: "stride", kinds: ["ints"], named: true, optional: true },
    { name: "pad", kinds: ["string", "ints"], named: true, initial: "valid" },
    { name: "dilation", kinds: ["ints"], named: true, initial: 1 },
    ...flags.map(flag),
  ],
  build: (call) => {
    const { type } = call.tensor("x");
    const kernel = perAxis(call.plain("kernel"), spatialOf(type).length, "kernel");
    const stride = call.maybePlain<number | readonly number[]>("stride") ?? kernel;
    const window = {
      kernel,
      stride,
      dilation: call.plain<number>("dilation"),
      pad: call.plain<string>("pad"),
    };
    const set = flags.filter((f) => Number(call.plain<boolean | number>(f)) === 1);
    const attrs: Attrs = {
      ...Object.fromEntries(set.map((f) => [f, 1])),
      ...windowAttributes(type, window),
      kernel_shape: kernel,
    };
    return call.node(op, [call.tensor("x")], attrs).outputs;
  },
  lift: (node) => {
    if (node.op !== op || node.outputs.length > 1) return undefined;
    const known = ["auto_pad", "dilations", "kernel_shape", "pads", "strides"];
    if (Object.keys(node.attrs).some((a) => !known.includes(a))) return undefined;
    const kernel = ints(node, "kernel_shape");
    const window = windowPlain(node, kernel);
    if (!window) return undefined;
    const { pad = "same", stride = 1, ...rest } = window;
    const isKernels =
      (typeof stride === "object" ? stride : kernel.map(() => stride)).toString() === kernel.join();
    return {
      tensors: { x: node.inputs[0]! },
      plain: {
        ...differing({ kernel: short(kernel), pad }, { kernel: 2, pad: "valid" }),
        ...(isKernels ? {} : { stride }),
        ...rest,
      },
      parameters: {},
    };
  },
});

export const layers: readonly LayerOperator[] = [
  dense,
  batchNorm,
  pool("max_pool", "MaxPool", "largest of each window"),
  pool("average_pool", "AveragePool", "mean of each window", "count_include_pad"),
];

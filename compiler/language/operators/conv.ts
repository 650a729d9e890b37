/** Convolutions as people write them, with parameters of their own. */
import { type Node, num } from "../../ir/graph.ts";
import { fail } from "../../ops/operator.ts";
import type { ArgumentSpec, LayerCall, LayerOperator, Lifted, Plain } from "./operator.ts";
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
import {
  perAxis,
  short,
  spatialOf,
  windowArguments,
  windowAttributes,
  windowOfCall,
  windowPlain,
  withoutDefaults,
} from "./window.ts";

const kernelArgument: ArgumentSpec = { name: "kernel", kinds: ["ints"], initial: 3 };
const groupsArgument: ArgumentSpec = { name: "groups", kinds: ["int"], named: true, initial: 1 };

/** [N, C, …] → [N, channels, …] by filters [channels, C / groups, kernel …]. */
function convolve(call: LayerCall, channels: number, group: number, role: "filter" | "depthwise") {
  const input = call.tensor("x");
  const rank = spatialOf(input.type).length;
  const kernel = perAxis(call.plain("kernel"), rank, "kernel");
  const depth = input.type.shape[1]!;
  if (depth % group !== 0 || channels % group !== 0)
    fail(`${depth} channels in and ${channels} out are no ${group} groups`);
  const shape = [channels, depth / group, ...kernel];
  const attrs = windowAttributes(input.type, windowOfCall(call));
  const weight = weightOf(call, { name: "weight", shape, axis: 0, role });
  const bias = biasOf(call, channels);
  return call.node("Conv", [input, weight, ...bias], group === 1 ? attrs : { ...attrs, group })
    .outputs;
}

/** A Conv as a call, with or without groups of one channel each. */
function liftConv(node: Node, isDepthwise: boolean): Lifted | undefined {
  const [input, weight, bias] = node.inputs;
  if (node.op !== "Conv" || !weight) return undefined;
  const [channels, perGroup, ...kernel] = weight.type.shape as [number, number, ...number[]];
  const [depth, group] = [input!.type.shape[1]!, num(node, "group", 1)];
  if (isDepthwise !== (group === depth && perGroup === 1 && group > 1)) return undefined;
  const window = windowPlain(node, kernel);
  if (!window) return undefined;
  const shape: Record<string, Plain> = isDepthwise
    ? differing(
        { kernel: short(kernel), multiplier: channels / depth },
        { kernel: 3, multiplier: 1 },
      )
    : {
        channels,
        ...differing({ kernel: short(kernel), groups: group }, { kernel: 3, groups: 1 }),
      };
  return {
    tensors: { x: input! },
    plain: { ...shape, ...window, ...(bias ? {} : { bias: false }) },
    parameters: { weight, ...(bias && { bias }) },
  };
}

const conv: LayerOperator = {
  name: "conv",
  docs: "convolution of [N, C, …] with `channels` filters; `pad` is same, valid, or numbers",
  args: [
    x,
    int("channels"),
    kernelArgument,
    ...windowArguments,
    groupsArgument,
    biasArgument,
    weightArgument,
  ],
  build: (call) => {
    const channels = positive(call.plain("channels"), "channels");
    return convolve(call, channels, positive(call.plain("groups"), "groups"), "filter");
  },
  lift: (node) => liftConv(node, false),
};

const depthwiseConv: LayerOperator = {
  name: "depthwise_conv",
  docs: "convolution of every channel alone, with `multiplier` filters each",
  args: [
    x,
    kernelArgument,
    ...windowArguments,
    { name: "multiplier", kinds: ["int"], named: true, initial: 1 },
    biasArgument,
    weightArgument,
  ],
  build: (call) => {
    const depth = call.tensor("x").type.shape[1] ?? 1;
    const multiplier = positive(call.plain("multiplier"), "multiplier");
    return convolve(call, depth * multiplier, depth, "depthwise");
  },
  lift: (node) => liftConv(node, true),
};

const named = (name: string, initial: Plain): ArgumentSpec => ({
  name,
  kinds: ["ints"],
  named: true,
  initial,
});

const convTranspose: LayerOperator = {
  name: "conv_transpose",
  docs: "transposed convolution with `channels` filters; `pad` crops the result, as in PyTorch",
  args: [
    x,
    int("channels"),
    { ...kernelArgument, initial: 2 },
    named("stride", 2),
    named("pad", 0),
    named("output_padding", 0),
    named("dilation", 1),
    groupsArgument,
    biasArgument,
    weightArgument,
  ],
  build: (call) => {
    const input = call.tensor("x");
    const rank = spatialOf(input.type).length;
    const list = (name: string) => perAxis(call.plain(name), rank, name);
    const channels = positive(call.plain("channels"), "channels");
    const group = positive(call.plain("groups"), "groups");
    if (channels % group !== 0) fail(`${channels} channels are no ${group} groups`);
    const pad = call.plain<number | readonly number[]>("pad");
    const isWhole = typeof pad === "object" && pad.length === 2 * rank;
    const attrs = withoutDefaults({
      dilations: list("dilation"),
      output_padding: list("output_padding"),
      pads: isWhole ? pad : [...perAxis(pad, rank, "pad"), ...perAxis(pad, rank, "pad")],
      strides: list("stride"),
    });
    const shape = [input.type.shape[1]!, channels / group, ...list("kernel")];
    const weight = weightOf(call, { name: "weight", shape, axis: 1, role: "filter" });
    const operands = [input, weight, ...biasOf(call, channels)];
    return call.node("ConvTranspose", operands, group === 1 ? attrs : { ...attrs, group }).outputs;
  },
};

export const convolutions: readonly LayerOperator[] = [conv, depthwiseConv, convTranspose];

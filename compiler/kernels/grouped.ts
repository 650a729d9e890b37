/**
 * Convolutions of several groups by the kernels of one: a call for each group on its channels. The
 * weights of all groups are packed as one layer's, so that one rescale serves all of them.
 */
import { constant, constantOf, makeNode, type Node, num, type Value } from "../ir/graph.ts";
import { type TensorData, tensorOf } from "../ir/tensor.ts";
import type { Shape, TensorType } from "../ir/types.ts";
import { geometry } from "./conv.ts";
import { type Binding, type Fields, inputType, type Kernel, outputType } from "./kernel.ts";

/** Blocks of `count` entries of `size` filled up with zeros to `padded` entries. */
function fillUp(data: TensorData, size: number, count: number, padded: number): number[] {
  const blocks = data.length / (size * count);
  const filled: number[] = new Array(blocks * padded * size).fill(0);
  for (let i = 0; i < data.length; i++) {
    const block = Math.floor(i / (size * count));
    filled[i + block * (padded - count) * size] = Number(data[i]);
  }
  return filled;
}

/** Scales of filters, those of the filters that fill up being the group's last. */
function fillScales(scale: readonly number[], count: number, padded: number): number[] {
  if (scale.length === 1) return [...scale];
  const groups = scale.length / count;
  return Array.from({ length: groups * padded }, (_, i) => {
    const [group, filter] = [Math.floor(i / padded), i % padded];
    return scale[group * count + Math.min(filter, count - 1)]!;
  });
}

/** Weights or bias [groups · count, …] with each group filled up by zeros to `padded` filters. */
export function withFilters(value: Value, groups: number, padded: number): Value {
  const { data, elem, shape } = constantOf(value)!;
  const count = shape[0]! / groups;
  const filled = fillUp(data, data.length / shape[0]!, count, padded);
  const { quant } = value.type;
  const tensor = tensorOf(elem, [groups * padded, ...shape.slice(1)], filled);
  if (!quant) return constant(tensor, value.name);
  const scale = fillScales(quant.scale, count, padded);
  return constant(tensor, value.name, { ...quant, scale, zeroPoint: scale.map(() => 0) });
}

export const withChannels = (type: TensorType, channels: number, layout: string): TensorType => {
  const [n, a, b, c] = type.shape as [number, number, number, number];
  const shape: Shape = layout === "NCHW" ? [n, channels, b, c] : [n, a, b, channels];
  return { ...type, shape };
};

const known = new WeakMap<Node, Map<number, Node>>();

/**
 * A group as a dense convolution: its own channels and filters at the whole layer's steps; but the
 * weights are those of all groups, each filled up to a multiple of `filters`.
 */
function groupNode(node: Node, multiple: number): Node {
  const before = known.get(node)?.get(multiple);
  if (before) return before;
  const { group, channels, filters, x, y } = geometry(node);
  const [perGroup, count] = [channels / group, filters / group];
  const padded = Math.ceil(count / multiple) * multiple;
  const [image, ...constants] = node.inputs;
  const { group: _, ...attrs } = node.attrs;
  const layoutOf = (name: string) => String(attrs[name] ?? "NHWC");
  const source = makeNode({
    op: "Input",
    types: [withChannels(image!.type, perGroup, layoutOf("x_layout"))],
  });
  const made = makeNode({
    op: node.op,
    inputs: [source.outputs[0], ...constants.map((v) => v && withFilters(v, group, padded))],
    attrs: { ...attrs, x_steps: x, y_steps: y, filters: count, stacked: group },
    types: [withChannels(outputType(node), count, layoutOf("y_layout"))],
  });
  const all = known.get(node) ?? new Map<number, Node>();
  known.set(node, all.set(multiple, made));
  return made;
}

/** Tables of which each group has its own part, unlike those that all of them share. */
const step = (c: Binding["constants"][number], groups: number): number =>
  !c || c.data.length === 1 || c.name === "offsets" ? 0 : c.data.length / groups;

function bindGroups(kernel: Kernel, multiple: number, node: Node, profile: "fast" | "tflite") {
  const { group, channels, filters, x, y } = geometry(node);
  const each = kernel.bind(groupNode(node, multiple), profile);
  const steps = each.constants.map((c) => step(c, group));
  const grouping: Fields = {
    groups: group,
    x_step: (channels / group) * x[1],
    y_step: (filters / group) * y[1],
    constant_step: [...steps, 0, 0, 0].slice(0, 4),
  };
  const struct = each.struct.replace("mote_", "mote_grouped_");
  return { ...each, struct, shape: { each: each.shape, grouping } };
}

const isGrouped = (node: Node): boolean => {
  if (num(node, "group", 1) === 1) return false;
  const { group, channels, filters } = geometry(node);
  return channels > group || filters > group;
};

/** The kernel for layers of several groups; it takes filters in multiples of `multiple`. */
export const grouped = (kernel: Kernel, multiple: number): Kernel => ({
  name: `grouped_${kernel.name}`,
  header: `grouped_${kernel.header}`,
  ops: kernel.ops,
  measuredAs: kernel.name,
  ...(kernel.isa && { isa: kernel.isa }),
  serves: (node) =>
    inputType(node, 1).shape.length === 4 &&
    node.inputs.slice(1).every((v) => !v || constantOf(v)) &&
    isGrouped(node) &&
    kernel.serves(groupNode(node, multiple)),
  ...(kernel.scratchBytes && {
    scratchBytes: (node) => kernel.scratchBytes!(groupNode(node, multiple)),
  }),
  cost: (node) => num(node, "group", 1) * kernel.cost(groupNode(node, multiple)),
  bind: (node, profile) => bindGroups(kernel, multiple, node, profile),
});

/**
 * Depthwise convolutions of any multiplier, layout and number of channels by the kernels of
 * multiplier 1: rows of the input are copied with a channel for each filter.
 */
import { makeNode, type Node } from "../ir/graph.ts";
import { elementBytes } from "../ir/types.ts";
import type { Profile } from "../ops/numerics.ts";
import { geometry, isDepthwise, windowFields } from "./conv.ts";
import { withFilters } from "./grouped.ts";
import { alignUp, type Binding, inputType, isConstant, type Kernel, outputType } from "./kernel.ts";
import { blocksFitInPlace, windowRows } from "./order.ts";

/** Bytes of copied rows that are worth having; one row of the output's is the least. */
const rowsBytes = 4096;

const wideChannels = (node: Node, multiple: number): number =>
  alignUp(geometry(node).filters, multiple);

/** The same convolution of one image, NHWC, with a channel for each filter and some of zeros. */
function widen(node: Node, multiple: number): Node {
  const channels = wideChannels(node, multiple);
  const { inputSize, window } = geometry(node);
  const { x_layout: _x, y_layout: _y, y_steps: _s, ...attrs } = node.attrs;
  const image = (size: readonly number[]) => [1, size[0]!, size[1]!, channels];
  const x = { ...inputType(node), shape: image(inputSize) };
  const source = makeNode({ op: "Input", types: [x] }).outputs[0]!;
  const constants = node.inputs.slice(1).map((v) => v && withFilters(v, 1, channels));
  return makeNode({
    op: node.op,
    inputs: [source, ...constants],
    attrs: { ...attrs, group: channels },
    types: [{ ...outputType(node), shape: image(window.output) }],
  });
}

const known = new WeakMap<Node, Map<number, Node>>();

function wideNode(node: Node, multiple: number): Node {
  const all = known.get(node) ?? new Map<number, Node>();
  const made = all.get(multiple) ?? widen(node, multiple);
  known.set(node, all.set(multiple, made));
  return made;
}

interface Band {
  /** Rows of the output made at once, and rows of the input that they read at most. */
  readonly rows: number;
  readonly inRows: number;
  /** Whether the kernel's output is the layer's, as it lies. */
  readonly isDirect: boolean;
  /** Offsets in scratch memory, behind the kernel's own. */
  readonly inOffset: number;
  readonly outOffset: number;
  readonly bytes: number;
}

function bandOf(node: Node, kernel: Kernel, multiple: number): Band {
  const { window, inputSize, filters, y } = geometry(node);
  const [channels, wide] = [wideChannels(node, multiple), wideNode(node, multiple)];
  const [height, width] = window.output as [number, number];
  const [stride, extent] = [window.strides[0]!, (window.kernel[0]! - 1) * window.dilations[0]! + 1];
  const rowBytes = inputSize[1] * channels * elementBytes(inputType(node).elem);
  const fitting = Math.floor((rowsBytes / rowBytes - extent) / stride) + 1;
  const rows = Math.min(height, Math.max(1, fitting));
  const inRows = Math.min(inputSize[0], (rows - 1) * stride + extent);
  const isDense = y[1] === 1 && y[3] === filters && y[2] === width * filters;
  const isDirect = channels === filters && isDense;
  const inOffset = alignUp(kernel.scratchBytes?.(wide) ?? 0, 16);
  const outOffset = inOffset + alignUp(inRows * rowBytes, 16);
  const outBytes = rows * width * channels * elementBytes(outputType(node).elem);
  const bytes = outOffset + (isDirect ? 0 : outBytes);
  return { rows, inRows, isDirect, inOffset, outOffset, bytes };
}

function bindWide(kernel: Kernel, multiple: number, node: Node, profile: Profile): Binding {
  const each = kernel.bind(wideNode(node, multiple), profile);
  const { filters, channels } = geometry(node);
  const { rows, isDirect, inOffset, outOffset } = bandOf(node, kernel, multiple);
  const widening = {
    window: windowFields(node),
    multiplier: filters / channels,
    channels: wideChannels(node, multiple),
    band: rows,
    direct: isDirect ? 1 : 0,
    in_offset: inOffset,
    out_offset: outOffset,
  };
  const struct = each.struct.replace("mote_", "mote_widened_");
  const takesRows = each.takesRows && "scattered";
  return { ...each, takesRows, struct, shape: { each: each.shape, widening } };
}

/** The kernel itself, and what copying takes for each element. */
function costOf(kernel: Kernel, multiple: number, node: Node): number {
  const { batch, window, inputSize } = geometry(node);
  const { rows, inRows, isDirect } = bandOf(node, kernel, multiple);
  const channels = wideChannels(node, multiple);
  const bands = Math.ceil(window.output[0]! / rows);
  const copied = bands * inRows * inputSize[1] * channels * 4;
  const written = isDirect ? 0 : window.output[0]! * window.output[1]! * channels * 5;
  return batch * (kernel.cost(wideNode(node, multiple)) + copied + written);
}

/** The kernel for depthwise layers that it does not serve itself; it takes channels in fours. */
export const widened = (kernel: Kernel, multiple = 4): Kernel => ({
  name: `widened_${kernel.name}`,
  header: `widened_${kernel.header}`,
  ops: kernel.ops,
  measuredAs: kernel.name,
  ...(kernel.isa && { isa: kernel.isa }),
  serves: (node) =>
    node.inputs.slice(1).every((v) => !v || isConstant(v)) &&
    isDepthwise(node) &&
    !kernel.serves(node) &&
    kernel.serves(wideNode(node, multiple)),
  scratchBytes: (node) => bandOf(node, kernel, multiple).bytes,
  rowsAtOnce: (node) => windowRows(windowFields(node), bandOf(node, kernel, multiple).rows),
  /** A band's rows are copied before its results are written. */
  inPlace: (node) => {
    const pixels = bandOf(node, kernel, multiple).rows * geometry(node).window.output[1]!;
    return blocksFitInPlace(node, windowFields(node), pixels) ? [0] : [];
  },
  cost: (node) => costOf(kernel, multiple, node),
  bind: (node, profile) => bindWide(kernel, multiple, node, profile),
});

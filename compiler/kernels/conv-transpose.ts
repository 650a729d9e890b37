/** Transposed convolutions as convolutions of their phases, each by a kernel of Conv2D. */
import { constant, constantOf, type Node, num, str } from "../ir/graph.ts";
import { tensorOf } from "../ir/tensor.ts";
import { build } from "../ops/build.ts";
import type { Convolution } from "../ops/conv.ts";
import {
  type Phase,
  phaseDilation,
  phasesOf,
  phaseWeights,
  transposedOf,
} from "../ops/conv-transpose.ts";
import { fail } from "../ops/operator.ts";
import { hasConstantWeights } from "./conv.ts";
import { inputType, type Kernel, outputType, type Part } from "./kernel.ts";

/** More phases would be more calls than a program should have. */
const mostPhases = 16;

/** Pads of one axis: a phase may begin behind the input's first element, and end anywhere. */
function padsOf({ taps, start, outputs }: Phase, dilation: number, size: number) {
  const needed = outputs - 1 + (taps.length - 1) * dilation + 1;
  return [-start, start + needed - size] as const;
}

/** One phase as a convolution that writes every `stride`th row and column. */
function phaseNode(node: Node, c: Convolution, rows: Phase, columns: Phase): Node {
  const [x, w, bias] = node.inputs;
  const { clamp_min, clamp_max } = node.attrs;
  const own = constantOf(w)!;
  const dilations = [phaseDilation(c, 0), phaseDilation(c, 1)] as const;
  const [top, bottom] = padsOf(rows, dilations[0], c.inputSize[0]);
  const [left, right] = padsOf(columns, dilations[1], c.inputSize[1]);
  const [strideH, strideW] = c.window.strides as [number, number];
  const shape = [c.filters, rows.taps.length, columns.taps.length, own.shape[3]!];
  const filters = tensorOf(own.elem, shape, phaseWeights(own, rows, columns));
  const operands = [x, constant(filters, w!.name, w!.type.quant), bias];
  const attrs = {
    dilations,
    pads: [top, left, bottom, right],
    group: num(node, "group", 1),
    x_layout: str(node, "x_layout", "NHWC"),
    y_steps: [c.y[0], c.y[1], c.y[2] * strideH, c.y[3] * strideW],
    ...(clamp_min !== undefined && { clamp_min }),
    ...(clamp_max !== undefined && { clamp_max }),
  };
  return build("Conv2D", operands, attrs, { origins: node.origins, stored: outputType(node) }).node;
}

interface PhaseNode {
  readonly node: Node;
  readonly yStart: number;
  readonly rowStep: number;
}

/** The phases that have outputs; none where one of them has no taps, or they are too many. */
function phaseNodes(node: Node): PhaseNode[] {
  if (!hasConstantWeights(node)) return [];
  const c = transposedOf(inputType(node, 0), inputType(node, 1), node.attrs);
  const pairs = phasesOf(c, 0).flatMap((rows) =>
    phasesOf(c, 1).map((columns) => [rows, columns] as const),
  );
  const used = pairs.filter(([rows, columns]) => rows.outputs > 0 && columns.outputs > 0);
  const isEmpty = used.some(([rows, columns]) => rows.taps.length * columns.taps.length === 0);
  if (isEmpty || used.length > mostPhases) return [];
  return used.map(([rows, columns]) => ({
    node: phaseNode(node, c, rows, columns),
    yStart: rows.first * c.y[2] + columns.first * c.y[3],
    rowStep: c.window.strides[0]!,
  }));
}

const known = new WeakMap<Node, PhaseNode[]>();

function knownPhases(node: Node): PhaseNode[] {
  const found = known.get(node) ?? phaseNodes(node);
  known.set(node, found);
  return found;
}

/** A kernel of Conv2D, called for every phase. */
function byPhases(kernel: Kernel): Kernel {
  const parts = (node: Node): Part[] => knownPhases(node).map((phase) => ({ ...phase, kernel }));
  const scratchOf = (node: Node) => knownPhases(node).map((p) => kernel.scratchBytes!(p.node));
  return {
    name: `phases_${kernel.name}`,
    header: kernel.header,
    ops: ["ConvTranspose2D"],
    ...(kernel.isa && { isa: kernel.isa }),
    serves: (node) =>
      knownPhases(node).length > 0 && knownPhases(node).every((p) => kernel.serves(p.node)),
    ...(kernel.scratchBytes && { scratchBytes: (node: Node) => Math.max(...scratchOf(node)) }),
    cost: (node) => knownPhases(node).reduce((sum, p) => sum + kernel.cost(p.node), 0),
    parts,
    bind: () => fail("it is called in parts"),
  };
}

/** For every kernel of Conv2D with literal weights. */
export const phaseKernels = (kernels: readonly Kernel[]): Kernel[] =>
  kernels.filter((k) => k.ops.includes("Conv2D")).map(byPhases);

/** Convolutions, depthwise convolutions and fully connected layers. */
import { constantOf, ints, type Node, num } from "../ir/graph.ts";
import { type Tensor, tensorOf } from "../ir/tensor.ts";
import { elementCount } from "../ir/types.ts";
import { clampOf } from "../ops/clamp.ts";
import { type Convolution, convolutionOf, filterFactors } from "../ops/conv.ts";
import { phaseDilation, phasesOf, phaseWeights, transposedOf } from "../ops/conv-transpose.ts";
import type { Profile } from "../ops/numerics.ts";
import { operatorOf } from "../ops/registry.ts";
import {
  type Binding,
  type ConstantArray,
  count,
  type Fields,
  hasTypes,
  inputType,
  isConstant,
  type Kernel,
  outputType,
  weightsArray,
} from "./kernel.ts";
import { channelsFitInPlace, windowRows } from "./order.ts";
import { requantization } from "./requantization.ts";

/** Sizes and steps of a call: those of a group's are the whole layer's steps (see grouped.ts). */
export function geometry(node: Node): Convolution {
  const c = convolutionOf(inputType(node, 0), inputType(node, 1), node.attrs);
  if (!node.attrs.x_steps) return c;
  const steps = (name: string) => ints(node, name) as unknown as Convolution["x"];
  return { ...c, filters: num(node, "filters"), x: steps("x_steps"), y: steps("y_steps") };
}

/** Steps [batch, channel, row, column] as fields of the C struct `mote_window`. */
export const stepFields = (of: "x" | "y", steps: readonly number[]): Fields => ({
  [`${of}_batch`]: steps[0]!,
  [`${of}_row`]: steps[2]!,
  [`${of}_column`]: steps[3]!,
  [`${of}_channel`]: steps[1]!,
});

/** The C struct `mote_window` of a convolution. */
export function windowFields(node: Node, c: Convolution = geometry(node)): Fields {
  const { kernel, strides, dilations, padsBegin, output } = c.window;
  return {
    batch: c.batch,
    in_h: c.inputSize[0],
    in_w: c.inputSize[1],
    in_c: c.channels,
    out_h: output[0]!,
    out_w: output[1]!,
    out_c: c.filters,
    kernel_h: kernel[0]!,
    kernel_w: kernel[1]!,
    stride_h: strides[0]!,
    stride_w: strides[1]!,
    dilation_h: dilations[0]!,
    dilation_w: dilations[1]!,
    pad_h: padsBegin[0]!,
    pad_w: padsBegin[1]!,
    ...stepFields("x", c.x),
    ...stepFields("y", c.y),
  };
}

export const macs = (node: Node): number => operatorOf(node).macs!(node);

/** Constant weights, and constant bias if any: what packing needs. */
export const hasConstantWeights = (node: Node): boolean =>
  isConstant(node.inputs[1]) && (!node.inputs[2] || isConstant(node.inputs[2]));

export const isDepthwise = (node: Node): boolean => {
  const { group, channels } = geometry(node);
  return group === channels && group > 1;
};

/** Weights [filter][taps] turned to [taps][filter]. */
export function filtersInnermost({ data, shape }: Tensor): Tensor["data"] {
  const [filters, taps] = [shape[0]!, elementCount(shape) / shape[0]!];
  const packed = data.slice();
  for (let f = 0; f < filters; f++)
    for (let t = 0; t < taps; t++) packed[t * filters + f] = data[f * taps + t]!;
  return packed;
}

const asIs = (w: Tensor): Tensor["data"] => w.data;

type Pack = (w: Tensor, node: Node) => Tensor["data"];

/** Packed weights, and a bias even where the model has none. */
export function parameters(node: Node, pack: Pack): ConstantArray[] {
  const w = constantOf(node.inputs[1])!;
  const biasElem = w.elem === "int8" ? "int32" : w.elem;
  const none = w.elem === "int8" ? new Int32Array(w.shape[0]!) : new Float32Array(w.shape[0]!);
  const bias = constantOf(node.inputs[2])?.data ?? none;
  return [weightsArray("weights", w.elem, pack(w, node)), weightsArray("bias", biasElem, bias)];
}

/** Tables and struct fields that every weighted int8 kernel takes. */
function integerParts(node: Node, profile: Profile) {
  const [x, w, y] = [inputType(node, 0), inputType(node, 1), outputType(node)];
  const zero = { x_zero_point: x.quant!.zeroPoint[0]! };
  const none = { tflite: 0, left_shift: 0, per_channel: 0, zero_point: 0, min: 0, max: 0 };
  if (y.elem === "int32") return { tables: [], fields: { ...zero, requantization: none } };
  const r = requantization(filterFactors(x, w, y), y, node.attrs, profile);
  return { tables: [r.multipliers, r.exponents], fields: { ...zero, requantization: r.shape } };
}

/** A float kernel's clamp. */
export const clampFields = (node: Node): Fields => {
  const { min, max } = clampOf(node.attrs);
  return { min: { float: min }, max: { float: max } };
};

const convFields = (node: Node): Fields => ({
  window: windowFields(node),
  groups: num(node, "group", 1),
});

const depthwiseFields = (node: Node): Fields => {
  const { filters, channels } = geometry(node);
  return { window: windowFields(node), multiplier: filters / channels };
};

export const matrixFields = (node: Node): Fields => {
  const [rows, inFeatures] = inputType(node).shape as [number, number];
  return { rows, in_features: inFeatures, out_features: inputType(node, 1).shape[0]! };
};

const transposedGeometry = (node: Node): Convolution =>
  transposedOf(inputType(node, 0), inputType(node, 1), node.attrs);

const transposedFields = (node: Node): Fields => {
  const c = transposedGeometry(node);
  return {
    window: windowFields(node, c),
    groups: c.group,
    phase_dilation_h: phaseDilation(c, 0),
    phase_dilation_w: phaseDilation(c, 1),
  };
};

/** Weights phase by phase: [row phase][column phase][filter][row][column][channel]. */
const byPhase: Pack = (w, node) => {
  const c = transposedGeometry(node);
  const packed = phasesOf(c, 0).flatMap((rows) =>
    phasesOf(c, 1).flatMap((columns) => phaseWeights(w, rows, columns)),
  );
  return tensorOf(w.elem, [packed.length], packed).data;
};

interface Family {
  readonly base: string;
  readonly op: string;
  readonly fields: (node: Node) => Fields;
  readonly pack: Pack;
  readonly takesRows: Binding["takesRows"];
  readonly instructionsPerMac: number;
  /** Further ones that each tap takes, shared by its channels. */
  readonly instructionsPerTap?: (node: Node) => number;
  readonly measuredAs?: (suffix: string) => string;
  readonly order?: Pick<Kernel, "inPlace" | "rowsAtOnce">;
  readonly fits: (node: Node) => boolean;
}

const always = (): boolean => true;
const conv: Family = {
  base: "conv_2d",
  op: "Conv2D",
  fields: convFields,
  pack: asIs,
  takesRows: "scattered",
  instructionsPerMac: 6,
  order: { rowsAtOnce: (node) => windowRows(windowFields(node), 1) },
  fits: always,
};
const depthwise: Family = {
  ...conv,
  base: "depthwise_conv_2d",
  fields: depthwiseFields,
  pack: filtersInnermost,
  instructionsPerMac: 5,
  order: {
    ...conv.order,
    inPlace: (node) => (channelsFitInPlace(node, windowFields(node)) ? [0] : []),
  },
  fits: isDepthwise,
};
const fullyConnected: Family = {
  base: "fully_connected",
  op: "FullyConnected",
  fields: matrixFields,
  pack: asIs,
  takesRows: false,
  instructionsPerMac: 5,
  order: { rowsAtOnce: () => 1 },
  fits: always,
};

const transposed: Family = {
  base: "conv_transpose_2d",
  op: "ConvTranspose2D",
  fields: transposedFields,
  pack: byPhase,
  takesRows: false,
  instructionsPerMac: 6,
  instructionsPerTap: (node) => 8 / inputType(node, 1).shape[3]!,
  measuredAs: (suffix) => `conv_2d_${suffix}`,
  fits: always,
};

const cost = (f: Family) => (node: Node) =>
  macs(node) * (f.instructionsPerMac + (f.instructionsPerTap?.(node) ?? 0)) + count(node) * 30;

/** int8 operands; the result is int8, or the int32 accumulators. */
const integerKernel = (f: Family, result: "int8" | "int32"): Kernel => ({
  name: result === "int8" ? `${f.base}_s8` : `${f.base}_s8_s32`,
  header: `${f.base}_s8.h`,
  ops: [f.op],
  serves: (node) =>
    hasTypes(node, ["int8", "int8", "int32"], result) && hasConstantWeights(node) && f.fits(node),
  cost: cost(f),
  ...f.order,
  ...(f.measuredAs && { measuredAs: f.measuredAs("s8") }),
  bind: (node, profile): Binding => {
    const { tables, fields } = integerParts(node, profile);
    return {
      inputs: [0],
      constants: [...parameters(node, f.pack), ...tables],
      takesRows: f.takesRows,
      struct: `mote_${f.base}_s8_shape`,
      shape: { ...f.fields(node), ...fields },
    };
  },
});

const floatKernel = (f: Family): Kernel => ({
  name: `${f.base}_f32`,
  header: `${f.base}_f32.h`,
  ops: [f.op],
  serves: (node) =>
    hasTypes(node, ["float32", "float32", "float32"], "float32") &&
    hasConstantWeights(node) &&
    f.fits(node),
  cost: cost(f),
  ...f.order,
  ...(f.measuredAs && { measuredAs: f.measuredAs("f32") }),
  bind: (node) => ({
    inputs: [0],
    constants: parameters(node, f.pack),
    takesRows: f.takesRows,
    struct: `mote_${f.base}_f32_shape`,
    shape: { ...f.fields(node), ...clampFields(node) },
  }),
});

export const convKernels: readonly Kernel[] = [
  integerKernel(conv, "int8"),
  integerKernel(conv, "int32"),
  integerKernel(depthwise, "int8"),
  integerKernel(fullyConnected, "int8"),
  integerKernel(fullyConnected, "int32"),
  integerKernel(transposed, "int8"),
  integerKernel(transposed, "int32"),
  ...[conv, depthwise, fullyConnected, transposed].map(floatKernel),
];

/** Normalisations of rows, and over neighbouring channels. */
import { type Node, num } from "../ir/graph.ts";
import { elementCount } from "../ir/types.ts";
import { groupsOf, layerSize } from "../ops/normalise.ts";
import { type Fields, hasTypes, inputType, type Kernel, oneInput } from "./kernel.ts";

const count = (node: Node): number => elementCount(inputType(node).shape);

const isFloat = (node: Node): boolean =>
  hasTypes(node, ["float32", "float32", "float32"], "float32") && node.outputs.length === 1;

/** Whether scale and bias have a number for each element of a row, or for each channel. */
function fitsRows(node: Node): boolean {
  const { shape } = inputType(node);
  const isGroup = node.op === "GroupNormalization";
  const numbers = isGroup ? shape[1]! : layerSize(shape, node.attrs);
  return node.inputs.slice(1).every((v) => !v || elementCount(v.type.shape) === numbers);
}

/** The C struct `mote_layer_norm_f32_shape`. */
function normFields(node: Node): Fields {
  const { shape } = inputType(node);
  const isGroup = node.op === "GroupNormalization";
  const { groups, channels, inner } = isGroup
    ? groupsOf(shape, node.attrs)
    : { groups: 1, channels: layerSize(shape, node.attrs), inner: 1 };
  return {
    rows: count(node) / (channels * inner),
    groups,
    channels,
    inner,
    centers: node.op === "RMSNormalization" ? 0 : 1,
    epsilon: { float: num(node, "epsilon", Math.fround(1e-5)) },
  };
}

const layerNorm: Kernel = {
  name: "layer_norm_f32",
  header: "layer_norm_f32.h",
  ops: ["LayerNormalization", "GroupNormalization", "RMSNormalization"],
  serves: (node) => isFloat(node) && fitsRows(node),
  inPlace: [0],
  cost: (node) => count(node) * 16 + 60,
  bind: (node) => ({
    ...oneInput("mote_layer_norm_f32_shape", normFields(node)),
    inputs: [0, 1, node.inputs[2] ? 2 : undefined],
  }),
};

const lrn: Kernel = {
  name: "lrn_f32",
  header: "lrn_f32.h",
  ops: ["LRN"],
  serves: (node) => hasTypes(node, ["float32"], "float32"),
  cost: (node) => count(node) * (200 + 6 * num(node, "size")),
  bind: (node) => {
    const { shape } = inputType(node);
    const size = num(node, "size");
    const before = Math.floor((size - 1) / 2);
    return oneInput("mote_lrn_f32_shape", {
      batch: shape[0]!,
      channels: shape[1]!,
      inner: elementCount(shape.slice(2)),
      before,
      after: size - 1 - before,
      alpha: { float: num(node, "alpha", Math.fround(1e-4)) / size },
      beta: { float: num(node, "beta", 0.75) },
      bias: { float: num(node, "bias", 1) },
    });
  },
};

export const normaliseKernels: readonly Kernel[] = [layerNorm, lrn];

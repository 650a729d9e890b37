/** Stored integers whose scales and zero points are operands: at run time, many, or in blocks. */
import type { Node } from "../ir/graph.ts";
import { type ElementType, elementCount, type TensorType } from "../ir/types.ts";
import { scaleLayout } from "../ops/quantisation.ts";
import { zeroShape } from "../ops/quantised-products.ts";
import { operatorOf } from "../ops/registry.ts";
import { count, type Fields, hasTypes, inputType, type Kernel, oneInput } from "./kernel.ts";
import { matmulFields } from "./matmul.ts";
import { shortNames, storedAs } from "./names.ts";
import { convFields, isSpatial } from "./spatial.ts";

/** Types of stored integers that have a scale. */
const stored = ["int8", "uint8", "int16", "uint16", "int32"] as const;

type Stored = (typeof stored)[number];

/** The C struct `mote_scaled_shape`. */
function scaledFields(node: Node): Fields {
  const l = scaleLayout(inputType(node).shape, inputType(node, 1).shape, node.attrs);
  const sizes = { outer: l.outer, size: l.size, inner: l.inner, block: l.block };
  return {
    ...sizes,
    scale_outer: l.scaleOuter,
    scale_axis: l.scaleAxis,
    scale_inner: l.scaleInner,
  };
}

/** What is only read may be of a type that is stored as another. */
const readAs = ({ elem }: TensorType, op: string): ElementType =>
  op === "DequantizeLinear" ? storedAs(elem) : elem;

const scaled = (
  name: string,
  op: string,
  x: ElementType,
  zero: ElementType,
  y: ElementType,
): Kernel => ({
  name,
  header: "quantize_linear.h",
  ops: [op],
  serves: (node) =>
    node.inputs.length === 3 &&
    readAs(inputType(node), op) === x &&
    readAs(inputType(node, 2), op) === zero &&
    hasTypes(node, [inputType(node).elem, "float32"], y),
  cost: (node) => count(node) * (op === "QuantizeLinear" ? 45 : 15),
  bind: (node) => ({ ...oneInput("mote_scaled_shape", scaledFields(node)), inputs: [0, 1, 2] }),
});

const narrow = ["int4", "uint4", "int2", "uint2"] as const;

const scaledKernels: readonly Kernel[] = stored
  .flatMap((elem) => [
    ...(elem === "int32"
      ? []
      : [scaled(`quantize_linear_${shortNames[elem]}`, "QuantizeLinear", "float32", elem, elem)]),
    scaled(`dequantize_linear_${shortNames[elem]}`, "DequantizeLinear", elem, elem, "float32"),
  ])
  .concat(
    narrow.map((elem) =>
      scaled(`quantize_linear_${shortNames[elem]}`, "QuantizeLinear", "float32", elem, elem),
    ),
  );

// ---- products of integers ----

const byteTypes = ["int8", "uint8"] as const;

/** Steps of the zero points: the left operand's by row and matrix, the right one's by column. */
function matmulIntegerFields(node: Node): Fields {
  const [a, b, za, zb] = node.inputs.map((v) => v!.type.shape);
  const rows = zeroShape(node.op, 0, a!, za!);
  const columns = zeroShape(node.op, 1, b!, zb!);
  const own = matmulFields(node);
  return {
    ...own,
    a_zero_row: rows.length === 0 ? 0 : 1,
    a_zero_matrix: rows.length > 2 ? rows.at(-2)! : 0,
    b_zero_column: columns.length === 0 ? 0 : 1,
    b_zero_matrix: columns.length > 2 ? columns.at(-1)! : 0,
  };
}

function convIntegerFields(node: Node): Fields {
  const zeros = elementCount(inputType(node, 3).shape);
  return { conv: convFields(node), w_zero: zeros === 1 ? 0 : 1 };
}

const product = (
  base: string,
  op: string,
  [x, w]: readonly [Stored, Stored],
  fields: (node: Node) => Fields,
): Kernel => ({
  name: `${base}_${shortNames[x]}_${shortNames[w]}`,
  header: `${base}.h`,
  ops: [op],
  serves: (node) =>
    node.inputs.length === 4 &&
    hasTypes(node, [x, w, x, w], "int32") &&
    (op === "MatMulInteger" || isSpatial(node)),
  cost: (node) => operatorOf(node).macs!(node) * 9 + count(node) * 30,
  bind: (node) => ({ ...oneInput(`mote_${base}_shape`, fields(node)), inputs: [0, 1, 2, 3] }),
});

const products: readonly Kernel[] = byteTypes.flatMap((x) =>
  byteTypes.flatMap((w) => [
    product("conv_3d_integer", "ConvInteger", [x, w], convIntegerFields),
    product("matmul_integer", "MatMulInteger", [x, w], matmulIntegerFields),
  ]),
);

export const quantisationKernels: readonly Kernel[] = [...scaledKernels, ...products];

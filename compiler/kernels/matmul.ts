/** Products of two matrices that are both computed. */
import type { Node } from "../ir/graph.ts";
import { productFactor } from "../ops/binary.ts";
import { operatorOf } from "../ops/registry.ts";
import { broadcastSteps, nestOf } from "./axes.ts";
import {
  type Binding,
  count,
  type Fields,
  hasTypes,
  inputType,
  type Kernel,
  outputType,
} from "./kernel.ts";
import { noOrder } from "./order.ts";
import { literalRequantization } from "./requantization.ts";

/** The C struct of a product; vectors are matrices of one row or column. */
export function matmulFields(node: Node): Fields {
  const [a, b, y] = [inputType(node, 0).shape, inputType(node, 1).shape, outputType(node).shape];
  const [left, right] = [a.length === 1 ? [1, ...a] : a, b.length === 1 ? [...b, 1] : b];
  const [rows, inner, columns] = [left.at(-2)!, left.at(-1)!, right.at(-1)!];
  const vectors = (a.length === 1 ? 0 : 1) + (b.length === 1 ? 0 : 1);
  const batch = y.slice(0, y.length - vectors);
  const steps = [
    broadcastSteps(left.slice(0, -2), batch).map((s) => s * rows * inner),
    broadcastSteps(right.slice(0, -2), batch).map((s) => s * inner * columns),
  ];
  const nest = nestOf({ sizes: batch, steps }, 4);
  const broadcast = { size: [...nest.sizes], a: [...nest.steps[0]!], b: [...nest.steps[1]!] };
  return { batch: broadcast, rows, inner, columns };
}

const zeroOf = (node: Node, input: number): number => inputType(node, input).quant!.zeroPoint[0]!;

const product = (struct: string, shape: Fields): Binding => ({
  inputs: [0, 1],
  constants: [],
  takesRows: false,
  struct,
  shape,
});

const rowsAtOnce = (node: Node): number =>
  [inputType(node), outputType(node)].every(({ shape }) => shape.length === 2) ? 1 : noOrder;

const float: Kernel = {
  name: "matmul_f32",
  header: "matmul_f32.h",
  ops: ["MatMul"],
  serves: (node) => hasTypes(node, ["float32", "float32"], "float32"),
  rowsAtOnce,
  cost: (node) => operatorOf(node).macs!(node) * 6 + count(node) * 15,
  bind: (node) => product("mote_matmul_f32_shape", matmulFields(node)),
};

/** Sizes of a product in fours, as the core takes them. */
function foursOf(node: Node) {
  const { rows, inner, columns } = matmulFields(node) as Record<string, number>;
  const [products, groups] = [4 * Math.ceil(inner! / 4), Math.ceil(columns! / 4)];
  return { rows: rows!, products, groups };
}

/** The right operand is packed in scratch memory. */
const blocked: Kernel = {
  name: "matmul_f32_x4",
  header: "matmul_f32_x4.h",
  ops: ["MatMul"],
  isa: ["fpu"],
  measuredAs: "conv_2d_f32_x4",
  serves: (node) => hasTypes(node, ["float32", "float32"], "float32") && foursOf(node).rows >= 4,
  scratchBytes: (node) => {
    const { products, groups } = foursOf(node);
    return 16 * products + 16 * groups * (products + 1) + 64 * groups;
  },
  cost: (node) => {
    const { rows, products, groups } = foursOf(node);
    const product = products * (16 + 34.5 * groups) + 60 * groups + 150;
    const matrices = count(node) / (rows * (matmulFields(node).columns as number));
    return matrices * (Math.ceil(rows / 4) * product + 24 * products * groups);
  },
  bind: (node) => {
    const { products, groups } = foursOf(node);
    return {
      ...product("mote_matmul_f32_x4_shape", { ...matmulFields(node), products, groups }),
      core: { macro: "MOTE_CORE_F32_X4", arguments: [0] },
    };
  },
};

const integer: Kernel = {
  name: "matmul_s8",
  header: "matmul_s8.h",
  ops: ["MatMul"],
  serves: (node) => hasTypes(node, ["int8", "int8"], "int8"),
  rowsAtOnce,
  cost: (node) => operatorOf(node).macs!(node) * 3 + count(node) * 25,
  bind: (node, profile) => {
    const [a, b, y] = [inputType(node, 0), inputType(node, 1), outputType(node)];
    return product("mote_matmul_s8_shape", {
      ...matmulFields(node),
      a_zero_point: zeroOf(node, 0),
      b_zero_point: zeroOf(node, 1),
      ...literalRequantization(productFactor(a, b, y), y, node.attrs, profile),
    });
  },
};

export const matmulKernels: readonly Kernel[] = [float, blocked, integer];

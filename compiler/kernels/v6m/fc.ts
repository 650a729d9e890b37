/**
 * Fully connected layers for processors that multiply one number at a time: eight filters in
 * registers, inputs and weights stored 128 higher so that they are unsigned.
 */
import { constantOf, type Node } from "../../ir/graph.ts";
import { count, inputType, type Kernel, outputType, tableArray, weightsArray } from "../kernel.ts";
import { portableNamed } from "./filters.ts";

/** Products of two unsigned bytes stay within 32 bits. */
const maxFeatures = 32768;

const paddedTo8 = (n: number): number => Math.ceil(n / 8) * 8;

interface Matrix {
  readonly filters: number;
  readonly features: number;
  readonly data: Int8Array;
}

function matrixOf(node: Node): Matrix {
  const { data, shape } = constantOf(node.inputs[1])!;
  return { filters: shape[0]!, features: shape[1]!, data: data as Int8Array };
}

/** [filters / 8][features][8], 128 higher; what fills up is 0. */
function raisedWeights({ filters, features, data }: Matrix): Uint8Array {
  const padded = paddedTo8(features);
  const raised = new Uint8Array(paddedTo8(filters) * padded);
  for (let f = 0; f < filters; f++)
    for (let k = 0; k < features; k++)
      raised[Math.floor(f / 8) * 8 * padded + k * 8 + (f % 8)] = data[f * features + k]! + 128;
  return raised;
}

/**
 * With x' = x + 128 and w' = w + 128: Σ(x − z)w + b = Σx'w' − 128·Σx' + [b − (z + 128)·Σw].
 */
function foldedBias(m: Matrix, bias: ArrayLike<number>, zeroPoint: number): Int32Array {
  return Int32Array.from(bias, (b, f) => {
    let sum = 0;
    for (let k = 0; k < m.features; k++) sum += m.data[f * m.features + k]!;
    return b - (zeroPoint + 128) * sum;
  });
}

const eights = (portable: Kernel): Kernel => ({
  name: `${portable.name}_x8`,
  header: "fully_connected_s8_x8.h",
  ops: portable.ops,
  isa: ["scalar"],
  serves: (node) => portable.serves(node) && matrixOf(node).features <= maxFeatures,
  scratchBytes: (node) => 32 + paddedTo8(matrixOf(node).features),
  rowsAtOnce: () => 1,
  /** A row is copied before its results are written. */
  readsFirst: (node) => inputType(node).shape[0] === 1,
  inPlace: (node) => {
    const { filters, features } = matrixOf(node);
    return outputType(node).elem === "int8" && filters <= features ? [0] : [];
  },
  cost: (node) => {
    const { filters, features } = matrixOf(node);
    const rows = count(node) / filters;
    const eights = paddedTo8(filters) / 8;
    return rows * (eights * (paddedTo8(features) * 26 + 60) + features * 7 + filters * 30);
  },
  bind: (node, profile) => {
    const { constants, shape } = portable.bind(node, profile);
    const matrix = matrixOf(node);
    const zero = shape.x_zero_point as number;
    const bias = foldedBias(matrix, constants[1]!.data as Int32Array, zero);
    return {
      inputs: [0],
      constants: [
        weightsArray("weights", "uint8", raisedWeights(matrix)),
        tableArray("bias", "int32", bias),
        ...constants.slice(2),
      ],
      takesRows: false,
      core: { macro: "MOTE_X8_CORE", arguments: [8] },
      struct: "mote_fully_connected_s8_x8_shape",
      shape: {
        rows: shape.rows!,
        in_features: shape.in_features!,
        out_features: shape.out_features!,
        padded_features: paddedTo8(matrix.features),
        requantization: shape.requantization!,
      },
    };
  },
});

/** To int8, and to the int32 accumulators. */
export const fullyConnectedKernels: readonly Kernel[] = [
  eights(portableNamed("fully_connected_s8")),
  eights(portableNamed("fully_connected_s8_s32")),
];

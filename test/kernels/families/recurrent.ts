import { type Attrs, input } from "../../../compiler/ir/graph.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import type { Family, Sample } from "../case.ts";
import { floatConstant, floatInput } from "../draw.ts";
import type { Random } from "../random.ts";

const gates: Readonly<Record<string, number>> = { LSTM: 4, GRU: 3, RNN: 1 };
const functions: Readonly<Record<string, number>> = { LSTM: 3, GRU: 2, RNN: 1 };

const names = [
  ...["Sigmoid", "Tanh", "Relu", "Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh"],
  ...["HardSigmoid", "Elu", "Softsign", "Softplus"],
];

function attributes(r: Random, cell: string, directions: number): Attrs {
  const count = functions[cell]! * directions;
  return {
    cell,
    returns: r.pick([
      [1, 0, 0],
      [0, 1, 0],
      [1, 1, 0],
      [1, 1, 1],
      [0, 1, 1],
    ]),
    direction: directions === 2 ? "bidirectional" : r.pick(["forward", "reverse"]),
    ...(r.chance(0.2) && { clip: 0.5 }),
    ...(cell === "LSTM" && r.chance(0.2) && { input_forget: 1 }),
    ...(cell === "GRU" && r.chance(0.5) && { linear_before_reset: 1 }),
    ...(r.chance(0.3) && {
      activations: Array.from({ length: count }, () => r.pick(names)),
      activation_alpha: [r.real(0.1, 0.5), r.real(0.1, 0.5)],
      activation_beta: [r.real(0.1, 0.5)],
    }),
  };
}

/** Weights constant or not; of the optional operands some. */
function recurrent(r: Random): Sample {
  const cell = r.pick(Object.keys(gates));
  const [steps, batch, inputs, hidden] = [r.int(1, 4), r.int(1, 3), r.int(1, 6), r.int(1, 9)];
  const directions = r.int(1, 2);
  const rows = gates[cell]! * hidden;
  const isConstant = r.chance(0.6);
  const weights = (...shape: number[]) =>
    isConstant ? floatConstant(r, shape) : floatInput(shape);
  const some = <T>(value: T) => (r.chance(0.5) ? value : undefined);
  const state = () => some(floatInput([directions, batch, hidden]));
  const isLong = cell === "LSTM";
  const operands = [
    floatInput([steps, batch, inputs]),
    weights(directions, rows, inputs),
    weights(directions, rows, hidden),
    some(weights(directions, 2 * rows)),
    some(input("", { elem: "int32", shape: [batch] })),
    state(),
    isLong ? state() : undefined,
    isLong ? some(weights(directions, 3 * hidden)) : undefined,
  ];
  return { node: buildNode("Recurrent", operands, attributes(r, cell, directions)) };
}

export const families: readonly Family[] = [{ name: "recurrent cells", sample: recurrent }];

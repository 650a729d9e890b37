/** An image that the application delivers row by row while the network runs. */
import type { Operator } from "./operator.ts";
import { sameRow } from "./rows.ts";

const rowInput: Operator = {
  name: "RowInput",
  level: "lowered",
  inputs: ["X: T"],
  outputs: 1,
  attrs: {},
  infer: ({ inputs: [x] }) => [{ elem: x!.elem, shape: x!.shape }],
  evaluate: ({ inputs: [x] }) => [x!],
  rows: () => sameRow,
};

export const rowInputOperators: readonly Operator[] = [rowInput];

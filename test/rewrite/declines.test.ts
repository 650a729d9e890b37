/** Where a rule must not apply: graphs that look like its example but mean something else. */
import { expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { parseGraph } from "../../compiler/ir/parse.ts";
import { type RewriteLog, rewrite } from "../../compiler/rewrite/engine.ts";
import { allRules } from "../../compiler/rewrite/stages.ts";
import { expectNear } from "../support/near.ts";
import { Random } from "../support/random.ts";

const image = "%0: float32[1, 2, 4, 4] = Input";
const weights = "%1: float32[3, 2, 3, 3] = Constant random 1";
const conv = "%2: float32[1, 3, 2, 2] = Conv(%0, %1)";

/** Rule, why not, and the graph's lines. */
const cases: readonly [string, string, string[]][] = [
  [
    "transpose-past-resize",
    "the resized axes are in another order",
    [
      "%0: float32[1, 2, 3, 4] = Input",
      "%1: float32[1, 3, 2, 4] = Transpose(%0) {perm: [0, 2, 1, 3]}",
      "%2: int32[4] = Constant [0, 0, 1, 2]",
      "%3: int32[3] = Constant [0, 1, 1]",
      "%4: float32[1, 4, 3, 4] = ResizeNearest(%1, %2, %3) {axis: 1}",
      'return %4 as "y"',
    ],
  ],
  [
    "conv-add-constant",
    "the constant varies along the width",
    [
      image,
      weights,
      conv,
      "%3: float32[2] = Constant [1, 2]",
      "%4: float32[1, 3, 2, 2] = Add(%2, %3)",
      'return %4 as "y"',
    ],
  ],
  [
    "conv-add-constant",
    "the constant makes the result larger",
    [
      image,
      weights,
      conv,
      "%3: float32[2, 3, 1, 1] = Constant [1, 2, 3, 4, 5, 6]",
      "%4: float32[2, 3, 2, 2] = Add(%2, %3)",
      'return %4 as "y"',
    ],
  ],
  [
    "conv-mul-constant",
    "the convolution's own result is an output",
    [
      image,
      weights,
      conv,
      "%3: float32[1] = Constant [2]",
      "%4: float32[1, 3, 2, 2] = Mul(%2, %3)",
      'return %4 as "y", %2 as "z"',
    ],
  ],
  [
    "gemm-add",
    "the addend broadcasts the rows",
    [
      "%0: float32[1, 4] = Input",
      "%1: float32[3, 4] = Constant random 1",
      "%2: float32[3, 1] = Constant [1, 2, 3]",
      "%3: float32[1, 3] = Gemm(%0, %1) {transB: 1}",
      "%4: float32[3, 3] = Add(%3, %2)",
      'return %4 as "y"',
    ],
  ],
  [
    "pad-conv",
    "the pad value is not zero",
    [
      image,
      weights,
      "%2: int64[8] = Constant [0, 0, 1, 1, 0, 0, 1, 1]",
      "%3: float32[] = Constant [1]",
      "%4: float32[1, 2, 6, 6] = Pad(%0, %2, %3)",
      "%5: float32[1, 3, 4, 4] = Conv(%4, %1)",
      'return %5 as "y"',
    ],
  ],
  [
    "pad-conv",
    "the pad touches the channels",
    [
      image,
      "%1: float32[3, 3, 3, 3] = Constant random 1",
      "%2: int64[8] = Constant [0, 1, 0, 0, 0, 0, 0, 0]",
      "%4: float32[1, 3, 4, 4] = Pad(%0, %2)",
      "%5: float32[1, 3, 2, 2] = Conv(%4, %1)",
      'return %5 as "y"',
    ],
  ],
  [
    "pad-maxpool",
    "zeros may be larger than the elements",
    [
      image,
      "%2: int64[8] = Constant [0, 0, 1, 1, 0, 0, 1, 1]",
      "%4: float32[1, 2, 6, 6] = Pad(%0, %2)",
      "%5: float32[1, 2, 4, 4] = MaxPool(%4) {kernel_shape: [3, 3]}",
      'return %5 as "y"',
    ],
  ],
  [
    "hardswish",
    "the gate has other parameters",
    [
      "%0: float32[8] = Input",
      "%1: float32[8] = HardSigmoid(%0)",
      "%2: float32[8] = Mul(%0, %1)",
      'return %2 as "y"',
    ],
  ],
  [
    "swish",
    "the gate is of another value",
    [
      "%0: float32[8] = Input",
      "%9: float32[8] = Input",
      "%1: float32[8] = Sigmoid(%0)",
      "%2: float32[8] = Mul(%9, %1)",
      'return %2 as "y"',
    ],
  ],
  [
    "add-neutral",
    "adding zeros makes the result larger",
    [
      "%0: float32[3] = Input",
      "%1: float32[2, 1] = Constant [0, 0]",
      "%2: float32[2, 3] = Add(%0, %1)",
      'return %2 as "y"',
    ],
  ],
  [
    "sub-neutral",
    "0 − x is not x",
    [
      "%0: float32[3] = Input",
      "%1: float32[1] = Constant [0]",
      "%2: float32[3] = Sub(%1, %0)",
      'return %2 as "y"',
    ],
  ],
  [
    "slice-all",
    "it reverses the elements",
    [
      "%0: float32[3] = Input",
      "%1: int64[1] = Constant [-1]",
      "%2: int64[1] = Constant [-9]",
      "%3: int64[1] = Constant [0]",
      "%4: float32[3] = Slice(%0, %1, %2, %3, %1)",
      'return %4 as "y"',
    ],
  ],
  [
    "transpose-to-reshape",
    "two long axes pass each other",
    [
      "%0: float32[1, 2, 3] = Input",
      "%1: float32[3, 1, 2] = Transpose(%0) {perm: [2, 0, 1]}",
      'return %1 as "y"',
    ],
  ],
  [
    "mean-to-global-average-pool",
    "only one spatial axis is folded",
    [
      "%0: float32[1, 2, 3, 4] = Input",
      "%1: int64[1] = Constant [3]",
      "%2: float32[1, 2, 3, 1] = ReduceMean(%0, %1)",
      'return %2 as "y"',
    ],
  ],
  [
    "mean-mean",
    "the axes of the second count in a smaller rank",
    [
      "%0: float32[1, 2, 3, 4] = Input",
      "%1: int64[1] = Constant [1]",
      "%2: float32[1, 3, 4] = ReduceMean(%0, %1) {keepdims: 0}",
      "%3: float32[1, 1, 4] = ReduceMean(%2, %1)",
      'return %3 as "y"',
    ],
  ],
  [
    "requantize-back",
    "the unsigned form saturates",
    [
      "%0: int8[4](scale: 0.1, zero: 3) = Input",
      "%1: uint8[4](scale: 0.1, zero: 3) = Requantize(%0)",
      "%2: int8[4](scale: 0.1, zero: 3) = Requantize(%1)",
      "%3: float32[4] = Dequantize(%2)",
      'return %3 as "y"',
    ],
  ],
  [
    "clamp-into-producer",
    "the unclamped value is read too",
    [
      "%0: float32[1, 8] = Input",
      "%1: float32[4, 8] = Constant random 1",
      "%2: float32[1, 4] = FullyConnected(%0, %1)",
      "%3: float32[1, 4] = Clamp(%2) {clamp_min: 0}",
      'return %3 as "y", %2 as "z"',
    ],
  ],
];

it.each(cases)("%s: not when %s", (name, _, lines) => {
  const rule = allRules.find((r) => r.name === name)!;
  const log: RewriteLog = new Map();
  const level = rule.example.split(" ")[1];
  const graph = parseGraph(`graph ${level} "g" {\n${lines.join("\n")}\n}`) as Graph<"lowered">;
  const after = rewrite(graph, [rule], log);
  expect([...log.keys()]).toEqual([]);
  const random = new Random(1);
  const inputs = graph.inputs.map((v) => random.tensor(v.type.elem, v.type.shape));
  const want = evaluate(graph, inputs);
  evaluate(after, inputs).forEach((t, i) => {
    expectNear(t, want[i]!);
  });
});

/** Before: any imported graph. After: constants folded, operators that do nothing gone. */
import { evaluateNode } from "../../check/eval.ts";
import { constant, constantOf, type Node, num, type Value } from "../../ir/graph.ts";
import { int64s, numbers, type Tensor, tensorOf } from "../../ir/tensor.ts";
import { elementCount, sameShape, sameType, type TensorType, typeBytes } from "../../ir/types.ts";
import { build } from "../../ops/build.ts";
import { permutation } from "../../ops/movement.ts";
import { declaredShape } from "../../ops/operator.ts";
import { findOperator } from "../../ops/registry.ts";
import type { Rule } from "../engine.ts";
import { any, constant as constantPattern, op } from "../pattern.ts";
import { typeRules } from "./types.ts";

/** Larger results stay computations, so that a small file cannot become a huge program. */
const foldedBytesMax = 2 ** 26;

const isFoldable = (node: Node): boolean =>
  node.op !== "Dequantize" &&
  node.op !== "DequantizeLinear" &&
  node.op !== "Constant" &&
  node.op !== "Input" &&
  (findOperator(node.op)?.ofTypes || node.inputs.every((v) => v === undefined || constantOf(v))) &&
  node.outputs.every((v) => typeBytes(v.type) <= foldedBytesMax);

/** The node's results, worked out now. Quantised types are kept. */
export function fold(node: Node) {
  const results = evaluateNode(node, node.inputs.map(constantOf), "fast");
  return node.outputs.map((v, i) => constant(results[i]!, v.name, v.type.quant));
}

const constantFold: Rule = {
  name: "constant-fold",
  example: `graph imported "g" {
    %0: float32[2, 3] = Input
    %1: float32[2, 3] = Constant [1, 2, 3, 4, 5, 6]
    %2: float32[2, 3] = Exp(%1)
    %3: float32[2, 3] = Add(%0, %2)
    return %3 as "y"
  }`,
  pattern: op([], undefined, { where: isFoldable }),
  replace: ({ root }) => fold(root),
};

const noOp = (
  name: string,
  example: string,
  operator: string,
  where?: (n: Node) => boolean,
): Rule => ({
  name,
  example,
  pattern: op(operator, undefined, {
    where: (n) =>
      sameType(n.inputs[0]!.type, n.outputs[0]!.type) &&
      declaredShape(n) === undefined &&
      (where?.(n) ?? true),
  }),
  replace: ({ root }) => root.inputs[0]!,
});

const isIdentityOrder = (node: Node): boolean =>
  permutation(node.attrs, node.inputs[0]!.type.shape.length).every((p, i) => p === i);

const allEqual = (t: Tensor | undefined, x: number): boolean =>
  t !== undefined && Array.from(numbers(t)).every((v) => v === x);

const isEmpty = ({ type }: Value): boolean => elementCount(type.shape) === 0;

/** What has no elements is known without its operands. */
const emptyToConstant: Rule = {
  name: "empty-to-constant",
  example: `graph imported "g" {
    %0: float32[2, 3] = Input
    %1: int64[1] = Constant [1]
    %2: float32[2, 0] = Slice(%0, %1, %1, %1)
    %3: float32[2, 0] = Tanh(%2)
    %4: float32[2, 3] = Concat(%0, %3) {axis: 1}
    return %4 as "y"
  }`,
  pattern: op([], undefined, {
    where: (n) => n.op !== "Constant" && n.op !== "Input" && n.outputs.every(isEmpty),
  }),
  replace: ({ root }) =>
    root.outputs.map(({ type, name }) =>
      constant(tensorOf(type.elem, type.shape, []), name, type.quant),
    ),
};

const concatEmpty: Rule = {
  name: "concat-empty",
  example: `graph imported "g" {
    %0: float32[2, 3] = Input
    %1: float32[2, 0] = Constant []
    %2: float32[2, 6] = Concat(%0, %1, %0) {axis: 1}
    return %2 as "y"
  }`,
  pattern: op("Concat", undefined, {
    where: (n) => n.inputs.some((v) => isEmpty(v!)) && n.inputs.some((v) => !isEmpty(v!)),
  }),
  replace: ({ root, origins }) =>
    build(
      "Concat",
      root.inputs.filter((v) => !isEmpty(v!)),
      root.attrs,
      { origins, stored: root.outputs[0]!.type },
    ),
};

/** x ∘ constant = x: addition of zeros, multiplication by ones. */
const neutral = (operator: string, element: number): Rule => ({
  name: `${operator.toLowerCase()}-neutral`,
  example: `graph imported "g" {
    %0: float32[2, 3] = Input
    %1: float32[1] = Constant [${element}]
    %2: float32[2, 3] = ${operator}(%0, %1)
    %3: float32[2, 3] = Tanh(%2)
    return %3 as "y"
  }`,
  pattern: op(operator, [any("x"), constantPattern("c")], {
    commutative: operator === "Add" || operator === "Mul",
  }),
  replace: (m) =>
    allEqual(m.tensor("c"), element) && sameType(m.value("x").type, m.root.outputs[0]!.type)
      ? m.value("x")
      : undefined,
});

/** Squeeze, Unsqueeze and Flatten are Reshapes to the shape they make. */
const toReshape: Rule = {
  name: "view-to-reshape",
  example: `graph imported "g" {
    %0: float32[1, 4, 2, 3] = Input
    %1: float32[1, 24] = Flatten(%0)
    %2: float32[1, 24] = Tanh(%1)
    return %2 as "y"
  }`,
  pattern: op(["Squeeze", "Unsqueeze", "Flatten"]),
  replace: ({ root, origins }) => {
    const { type } = root.outputs[0]!;
    return build(
      "Reshape",
      [root.inputs[0], constant(int64s(type.shape))],
      {},
      { origins, stored: type },
    );
  },
};

const reshapeReshape: Rule = {
  name: "reshape-reshape",
  example: `graph imported "g" {
    %0: float32[2, 6] = Input
    %1: int64[2] = Constant [3, 4]
    %2: float32[3, 4] = Reshape(%0, %1)
    %3: int64[1] = Constant [12]
    %4: float32[12] = Reshape(%2, %3)
    return %4 as "y"
  }`,
  pattern: op("Reshape", [op("Reshape", [any("x"), any()]), any()]),
  replace: (m) => {
    const { type } = m.root.outputs[0]!;
    const shape = constant(int64s(type.shape));
    return build("Reshape", [m.value("x"), shape], {}, { origins: m.origins, stored: type });
  },
};

const transposeTranspose: Rule = {
  name: "transpose-transpose",
  example: `graph imported "g" {
    %0: float32[2, 3, 4] = Input
    %1: float32[3, 4, 2] = Transpose(%0) {perm: [1, 2, 0]}
    %2: float32[3, 2, 4] = Transpose(%1) {perm: [0, 2, 1]}
    return %2 as "y"
  }`,
  pattern: op("Transpose", [op("Transpose", [any("x")], { as: "inner" })]),
  replace: (m) => {
    const rank = m.value("x").type.shape.length;
    const inner = permutation(m.attrs("inner"), rank);
    const perm = permutation(m.root.attrs, rank).map((p) => inner[p]!);
    const stored = m.root.outputs[0]!.type;
    return build("Transpose", [m.value("x")], { perm }, { origins: m.origins, stored });
  },
};

/** A transposition that moves no two axes longer than one past each other. */
const transposeToReshape: Rule = {
  name: "transpose-to-reshape",
  example: `graph imported "g" {
    %0: float32[1, 8, 1, 1] = Input
    %1: float32[1, 1, 1, 8] = Transpose(%0) {perm: [0, 2, 3, 1]}
    %2: float32[1, 1, 1, 8] = Tanh(%1)
    return %2 as "y"
  }`,
  pattern: op("Transpose", [any("x")]),
  replace: (m) => {
    const { shape } = m.value("x").type;
    const long = permutation(m.root.attrs, shape.length).filter((p) => shape[p] !== 1);
    if (long.some((p, i) => i > 0 && p < long[i - 1]!)) return undefined;
    const { type } = m.root.outputs[0]!;
    const to = constant(int64s(type.shape));
    return build("Reshape", [m.value("x"), to], {}, { origins: m.origins, stored: type });
  },
};

/** Max, Min and Sum of one operand or of many become a chain of two at a time. */
const variadic: Rule = {
  name: "variadic-to-binary",
  example: `graph imported "g" {
    %0: float32[3] = Input
    %1: float32[3] = Input
    %2: float32[3] = Sum(%0, %1, %0)
    return %2 as "y"
  }`,
  pattern: op(["Max", "Min", "Sum"], undefined, {
    where: (n) => n.inputs.length !== 2 || n.op === "Sum",
  }),
  replace: ({ root, origins }) => {
    const operator = root.op === "Sum" ? "Add" : root.op;
    const [first, ...rest] = root.inputs;
    return rest.reduce((sum, next) => build(operator, [sum!, next!], {}, { origins }), first!)!;
  },
};

const dropout: Rule = {
  name: "dropout",
  example: `graph imported "g" {
    %0: float32[3] = Input
    %1: float32[3] = Dropout(%0)
    %2: float32[3] = Tanh(%1)
    return %2 as "y"
  }`,
  pattern: op("Dropout"),
  replace: ({ root: { inputs, outputs } }) => [
    inputs[0]!,
    ...outputs.slice(1).map(({ type }) => constant(filled(type, 1))),
  ],
};

/** All of one number. */
const filled = ({ elem, shape }: TensorType, x: number): Tensor =>
  tensorOf(elem, shape, new Array(elementCount(shape)).fill(x));

const example1 = (call: string, type = "float32[2, 3]"): string => `graph imported "g" {
    %0: ${type} = Input
    %1: ${type} = ${call}
    %2: ${type} = Tanh(%1)
    return %2 as "y"
  }`;

const fullSlice = `graph imported "g" {
    %0: float32[2, 3] = Input
    %1: int64[1] = Constant [0]
    %2: int64[1] = Constant [3]
    %3: int64[1] = Constant [1]
    %4: float32[2, 3] = Slice(%0, %1, %2, %3)
    %5: float32[2, 3] = Tanh(%4)
    return %5 as "y"
  }`;

const isForward = (node: Node): boolean =>
  node.inputs[4] === undefined || allEqual(constantOf(node.inputs[4]), 1);

const expandExample = `graph imported "g" {
    %0: float32[2, 3] = Input
    %1: int64[2] = Constant [1, 3]
    %2: float32[2, 3] = Expand(%0, %1)
    %3: float32[2, 3] = Tanh(%2)
    return %3 as "y"
  }`;

const reshapeExample = `graph imported "g" {
    %0: float32[2, 3] = Input
    %1: int64[2] = Constant [2, -1]
    %2: float32[2, 3] = Reshape(%0, %1)
    %3: float32[2, 3] = Tanh(%2)
    return %3 as "y"
  }`;

const padExample = `graph imported "g" {
    %0: float32[2, 3] = Input
    %1: int64[4] = Constant [0, 0, 0, 0]
    %2: float32[2, 3] = Pad(%0, %1)
    %3: float32[2, 3] = Tanh(%2)
    return %3 as "y"
  }`;

const isMean = (n: Node): boolean => {
  const rank = n.inputs[0]!.type.shape.length;
  const axes = constantOf(n.inputs[1]);
  const folded =
    axes && Array.from(numbers(axes), (a) => (a < 0 ? a + rank : a)).sort((a, b) => a - b);
  return (
    rank > 2 &&
    sameShape(
      folded ?? [],
      Array.from({ length: rank - 2 }, (_, i) => i + 2),
    )
  );
};

const meanExample = `graph imported "g" {
    %0: float32[1, 4, 3, 5] = Input
    %1: int64[2] = Constant [2, 3]
    %2: float32[1, 4] = ReduceMean(%0, %1) {keepdims: 0}
    return %2 as "y"
  }`;

/** The mean over all spatial axes is a global average pool. */
const meanToPool: Rule = {
  name: "mean-to-global-average-pool",
  example: meanExample,
  pattern: op("ReduceMean", undefined, {
    where: (n) => n.inputs[0]!.type.elem === "float32" && isMean(n),
  }),
  replace: ({ root, origins }) => {
    const pool = build("GlobalAveragePool", [root.inputs[0]], {}, { origins });
    if (num(root, "keepdims", 1) !== 0) return pool;
    const { shape } = root.outputs[0]!.type;
    return build("Reshape", [pool, constant(int64s(shape))], {}, { origins });
  },
};

/** ReduceMean over height, then over width (or the reverse), is one over both. */
const meanMean: Rule = {
  name: "mean-mean",
  example: `graph imported "g" {
    %0: float32[1, 4, 3, 5] = Input
    %1: int64[1] = Constant [3]
    %2: float32[1, 4, 3, 1] = ReduceMean(%0, %1)
    %3: int64[1] = Constant [2]
    %4: float32[1, 4, 1, 1] = ReduceMean(%2, %3)
    return %4 as "y"
  }`,
  pattern: op(
    "ReduceMean",
    [
      op("ReduceMean", [any("x"), constantPattern("first")], {
        onlyUse: true,
        where: (n) => num(n, "keepdims", 1) !== 0,
      }),
      constantPattern("second"),
    ],
    { as: "outer" },
  ),
  replace: (m) => {
    const rank = m.value("x").type.shape.length;
    const list = (name: string) => Array.from(numbers(m.tensor(name)), (a) => (a + rank) % rank);
    const axes = [...list("first"), ...list("second")].sort((a, b) => a - b);
    if (new Set(axes).size !== axes.length) return undefined;
    const operands = [m.value("x"), constant(int64s(axes))];
    const mean = build("ReduceMean", operands, {}, { origins: m.origins });
    const { shape } = m.root.outputs[0]!.type;
    return sameShape(mean.type.shape, shape)
      ? mean
      : build("Reshape", [mean, constant(int64s(shape))], {}, { origins: m.origins });
  },
};

export const simplifyRules: readonly Rule[] = [
  ...typeRules,
  constantFold,
  emptyToConstant,
  concatEmpty,
  noOp("identity", example1("Identity(%0)"), "Identity"),
  noOp("cast-to-same", example1("Cast(%0) {to: 1}"), "Cast"),
  noOp("transpose-nothing", example1("Transpose(%0) {perm: [0, 1]}"), "Transpose", isIdentityOrder),
  noOp("slice-all", fullSlice, "Slice", isForward),
  noOp("expand-nothing", expandExample, "Expand"),
  noOp("pad-nothing", padExample, "Pad"),
  noOp("concat-one", example1("Concat(%0) {axis: 0}"), "Concat", (n) => n.inputs.length === 1),
  noOp("reshape-nothing", reshapeExample, "Reshape"),
  dropout,
  neutral("Add", 0),
  neutral("Sub", 0),
  neutral("Mul", 1),
  neutral("Div", 1),
  toReshape,
  reshapeReshape,
  transposeTranspose,
  transposeToReshape,
  variadic,
  meanMean,
  meanToPool,
];

/** Operators that arrange elements anew, as reshapes, transpositions, copies and pads. */
import { constant, type Node, type Value } from "../../ir/graph.ts";
import { int64s, tensorOf } from "../../ir/tensor.ts";
import { blockMove, croppedSpans } from "../../ops/arrange.ts";
import { build } from "../../ops/build.ts";
import { hardmaxShape } from "../../ops/selection.ts";
import { onnxCode } from "../../ops/typing.ts";
import type { Rule } from "../engine.ts";
import { op } from "../pattern.ts";

const list = (values: readonly number[]): Value => constant(int64s(values));
const reshape = (x: Value, shape: readonly number[]): Value => build("Reshape", [x, list(shape)]);

const blocks: Rule = {
  name: "blocks-to-transpose",
  example: `graph imported "g" {
    %0: float32[1, 8, 2, 3] = Input
    %1: float32[1, 2, 4, 6] = DepthToSpace(%0) {blocksize: 2, mode: "CRD"}
    return %1 as "y"
  }`,
  pattern: op(["DepthToSpace", "SpaceToDepth"]),
  replace: ({ root, origins }) => {
    const x = root.inputs[0]!;
    const { split, perm, joined } = blockMove(root, x.type.shape);
    const moved = build("Transpose", [reshape(x, split)], { perm }, { origins });
    return reshape(moved, joined);
  },
};

/** Copies step along this many axes; those that repeat and those that are repeated take turns. */
const tiledAxesMax = 3;

/** The input repeated along a few axes: each is behind one of as many copies. */
function tiled(x: Value, repeats: readonly number[], origins: readonly string[]): Value {
  const { shape } = x.type;
  const split = shape.flatMap((d, i) => (repeats[i] === 1 ? [d] : [1, d]));
  const wide = shape.flatMap((d, i) => (repeats[i] === 1 ? [d] : [repeats[i]!, d]));
  const copied = build("Expand", [reshape(x, split), list(wide)], {}, { origins });
  return reshape(
    copied,
    shape.map((d, i) => d * repeats[i]!),
  );
}

const tile: Rule = {
  name: "tile-to-expand",
  example: `graph imported "g" {
    %0: float32[2, 1, 3, 2] = Input
    %1: int64[4] = Constant [3, 2, 2, 4]
    %2: float32[6, 2, 6, 8] = Tile(%0, %1)
    return %2 as "y"
  }`,
  pattern: op("Tile"),
  replace: ({ root, origins }) => {
    const [from, to] = [root.inputs[0]!.type.shape, root.outputs[0]!.type.shape];
    const repeats = from.map((d, i) => to[i]! / d);
    const repeated = repeats.flatMap((r, i) => (r === 1 ? [] : [i]));
    let x = root.inputs[0]!;
    for (let i = 0; i < repeated.length; i += tiledAxesMax) {
      const now = repeated.slice(i, i + tiledAxesMax);
      x = tiled(
        x,
        repeats.map((r, axis) => (now.includes(axis) ? r : 1)),
        origins,
      );
    }
    return x;
  },
};

const hardmax: Rule = {
  name: "hardmax-to-one-hot",
  example: `graph imported "g" {
    %0: float32[2, 5, 3] = Input
    %1: float32[2, 5, 3] = Hardmax(%0) {axis: 1}
    return %1 as "y"
  }`,
  pattern: op("Hardmax"),
  replace: ({ root, origins }) => {
    const { elem, shape } = root.outputs[0]!.type;
    const spans = hardmaxShape(shape, root.attrs);
    const flat = reshape(root.inputs[0]!, spans);
    const best = build("ArgMax", [flat], { axis: 1, keepdims: 0 }, { origins });
    const values = constant(tensorOf(elem, [2], [0, 1]));
    const operands = [best, constant(int64s([spans[1]!])), values];
    return reshape(build("OneHot", operands, { axis: 1 }, { origins }), shape);
  },
};

/** Kernels take indices of integers of 32 and 64 bits. */
const hasOtherIndices = (n: Node): boolean => !/^int(32|64)$/.test(n.inputs[0]!.type.elem);

const oneHotIndices: Rule = {
  name: "one-hot-of-integers",
  example: `graph imported "g" {
    %0: float32[3] = Input
    %1: int64[] = Constant [4]
    %2: int32[2] = Constant [7, 9]
    %3: int32[3, 4] = OneHot(%0, %1, %2)
    return %3 as "y"
  }`,
  pattern: op("OneHot", undefined, { where: hasOtherIndices }),
  replace: ({ root, origins }) => {
    const [indices, ...rest] = root.inputs;
    const whole = build("Cast", [indices], { to: onnxCode("int64") }, { origins });
    return build("OneHot", [whole, ...rest], root.attrs, { origins });
  },
};

const centerCropPad: Rule = {
  name: "center-crop-pad-to-slice-pad",
  example: `graph imported "g" {
    %0: float32[6, 3, 5] = Input
    %1: int64[2] = Constant [3, 6]
    %2: float32[3, 3, 6] = CenterCropPad(%0, %1) {axes: [0, 2]}
    return %2 as "y"
  }`,
  pattern: op("CenterCropPad"),
  replace: ({ root, origins }) => {
    const [x, { shape }] = [root.inputs[0]!, root.outputs[0]!.type];
    const spans = croppedSpans(x.type.shape, shape);
    const begins = list(spans.map((s) => s.begin));
    const ends = list(spans.map((s) => s.begin + s.count));
    const cut = build("Slice", [x, begins, ends], {}, { origins });
    const before = spans.map((s) => s.before);
    const after = spans.map((s, i) => shape[i]! - s.count - s.before);
    return build("Pad", [cut, list([...before, ...after])], {}, { origins });
  },
};

export const arrangeRules: readonly Rule[] = [blocks, tile, hardmax, oneHotIndices, centerCropPad];

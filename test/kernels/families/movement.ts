import { type Attrs, constant, input, type Value } from "../../../compiler/ir/graph.ts";
import { tensorOf } from "../../../compiler/ir/tensor.ts";
import { type ElementType, elementCount } from "../../../compiler/ir/types.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import { padModes } from "../../../compiler/ops/movement.ts";
import { elementTypeOf } from "../../../compiler/ops/typing.ts";
import type { Family, Sample } from "../case.ts";
import { broadcastable, intConstant, randomShape, stored } from "../draw.ts";
import type { Random } from "../random.ts";

const integerTypes = [
  ...(["int8", "int16", "int32", "int64"] as const),
  ...(["uint8", "uint16", "uint32", "uint64"] as const),
];
const elements: readonly ElementType[] = ["int8", "uint8", "int16", "int32", "float32", "int64"];

/** An operand of any element size; int8 ones may be quantised. */
function anyInput(r: Random, shape: readonly number[], elem = r.pick(elements)): Value {
  const quant = elem === "int8" && r.chance(0.5) ? stored(r) : undefined;
  return input("", { elem, shape, ...(quant && { quant }) });
}

const transpose = (r: Random): Sample => {
  const shape = randomShape(r, 6, 0, 4);
  const perm = r.shuffled(shape.map((_, i) => i));
  const attrs = r.chance(0.9) ? { perm } : {};
  return { node: buildNode("Transpose", [anyInput(r, shape)], attrs) };
};

function slice(r: Random): Sample {
  const shape = randomShape(r, 5, 1, 7);
  const axes = r.shuffled(shape.map((_, i) => i)).slice(0, r.int(1, shape.length));
  const bound = () => r.pick([0, -1, 100, -100, r.int(-7, 7)]);
  const lists = [axes.map(bound), axes.map(bound), axes, axes.map(() => r.pick([1, 1, 2, -1, -2]))];
  const index = r.pick(["int32", "int64"] as const);
  const node = buildNode("Slice", [anyInput(r, shape), ...lists.map((l) => intConstant(l, index))]);
  return elementCount(node.outputs[0]!.type.shape) > 0 ? { node } : slice(r);
}

const expand = (r: Random): Sample => {
  const shape = randomShape(r, 5);
  return { node: buildNode("Expand", [anyInput(r, broadcastable(r, shape)), intConstant(shape)]) };
};

function concat(r: Random): Sample {
  const shape = randomShape(r, 4, 1);
  const axis = r.int(0, shape.length - 1);
  const elem = r.pick(elements);
  const operands = Array.from({ length: r.int(1, 8) }, () =>
    input("", { elem, shape: shape.map((d, i) => (i === axis ? r.int(1, 4) : d)) }),
  );
  return {
    node: buildNode("Concat", operands, { axis: r.chance(0.5) ? axis : axis - shape.length }),
  };
}

/** Often rows and columns of one image. */
function pad(r: Random): Sample {
  const isImage = r.chance(0.3);
  const shape = isImage ? [1, r.int(1, 5), r.int(1, 5), r.int(1, 3)] : randomShape(r, 4, 1);
  const some = r.chance(0.3) ? [r.int(0, shape.length - 1)] : shape.map((_, i) => i);
  const axes = isImage ? [1, 2] : some;
  const mode = r.pick(["constant", "constant", "edge", "reflect", "wrap"]);
  const x = anyInput(r, shape);
  const low = mode === "constant" && r.chance(0.3) ? -2 : 0;
  const pads = r.list(2 * axes.length, () => (r.chance(0.4) ? 0 : r.int(low, 3)));
  const value = mode === "constant" && r.chance(0.5);
  const { elem } = x.type;
  const known = () => constant(tensorOf(elem, [], [r.int(-50, 50)]));
  const operand = () => (r.chance(0.5) ? known() : input("", { elem, shape: [] }));
  const constantValue = value ? operand() : undefined;
  const given = axes.length < shape.length ? [intConstant(axes)] : [];
  const node = buildNode("Pad", [x, intConstant(pads), constantValue, ...given], { mode });
  return elementCount(node.outputs[0]!.type.shape) > 0 ? { node } : pad(r);
}

/** Indices in range as a constant, or any at run time. */
function gather(r: Random): Sample {
  const isConstant = r.chance(0.4);
  const shape = randomShape(r, 4, 1);
  const axis = r.int(0, shape.length - 1);
  const index = r.pick(["int32", "int64"] as const);
  const inner = randomShape(r, 2);
  const values = r.list(elementCount(inner), () => r.int(-shape[axis]!, shape[axis]! - 1));
  const indices = isConstant
    ? constant(tensorOf(index, inner, values))
    : input("", { elem: index, shape: inner });
  return { node: buildNode("Gather", [anyInput(r, shape), indices], { axis }) };
}

const codes = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 21, 22, 25, 26];

function cast(r: Random): Sample {
  const elem = elementTypeOf(r.pick(codes))!;
  const to = r.pick(codes);
  const isUnsigned = elementTypeOf(to)!.startsWith("u");
  const node = buildNode("Cast", [input("", { elem, shape: randomShape(r) })], { to });
  return { node, range: isUnsigned ? [0, 127] : [-100, 100] };
}

function compare(r: Random): Sample {
  const [shape, logic] = [randomShape(r), r.chance(0.3)];
  const elem = logic ? "bool" : r.pick(["float32", "float64", ...integerTypes] as const);
  const op = logic
    ? r.pick(["And", "Or", "Xor", "Equal"])
    : r.pick(["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"]);
  const operands = [shape, broadcastable(r, shape)].map((s) => input("", { elem, shape: s }));
  return { node: buildNode(op, r.shuffled(operands)) };
}

function integers(r: Random): Sample {
  const [shape, elem] = [randomShape(r), r.pick(integerTypes)];
  const shifts = ["BitShift", "BitShift"];
  const op = r.pick([
    ..."Add Sub Mul Div Max Min Mod Mod Pow BitwiseAnd BitwiseOr BitwiseXor".split(" "),
    ...shifts,
  ]);
  const [a, b] = r.shuffled([shape, broadcastable(r, shape)]);
  const low = elem.startsWith("u") ? 0 : -3;
  const values = r.list(elementCount(b!), () => r.int(low, 9));
  const isSmall = op === "Div" || op === "Mod" || op === "BitShift";
  const other = isSmall ? constant(tensorOf(elem, b!, values)) : input("", { elem, shape: b! });
  const attrs: Attrs =
    op === "Mod"
      ? { fmod: r.int(0, 1) }
      : op === "BitShift"
        ? { direction: r.pick(["LEFT", "RIGHT"]) }
        : {};
  return { node: buildNode(op, [input("", { elem, shape: a! }), other], attrs) };
}

const longs = (shape: readonly number[]) => input("", { elem: "int64", shape });

/** Starts that are read at run time, as bytes are: many lie outside. */
function sliceAt(r: Random): Sample {
  const shape = randomShape(r, 4, 1);
  const declared = shape.map((d) => r.int(1, d + 1));
  const axes = r.shuffled(shape.map((_, i) => r.pick([i, i - shape.length])));
  const steps = axes.map(() => r.pick([1, 1, 2, -1, -3]));
  const lists = [longs([axes.length]), longs([axes.length]), intConstant(axes), intConstant(steps)];
  return { node: buildNode("Slice", [anyInput(r, shape), ...lists], { declared }) };
}

function padAt(r: Random): Sample {
  const shape = randomShape(r, 4, 1);
  const x = anyInput(r, shape);
  const axes = r.shuffled(shape.map((_, i) => i)).slice(0, r.int(1, shape.length));
  const fill = constant(tensorOf(x.type.elem, [], [x.type.elem === "bool" ? 1 : 5]));
  const mode = r.pick(padModes);
  const declared = shape.map((d) => d + r.int(0, 3));
  const operands = [x, longs([2 * axes.length]), fill, intConstant(axes)];
  return { node: buildNode("Pad", operands, { mode, declared }) };
}

function where(r: Random): Sample {
  const shape = randomShape(r);
  const elem = r.pick(elements);
  const types = (["bool", elem, elem] as const).map((e) => ({
    elem: e,
    shape: broadcastable(r, shape),
  }));
  return {
    node: buildNode(
      "Where",
      types.map((t) => input("", t)),
    ),
  };
}

export const families: readonly Family[] = [
  { name: "transpose", sample: transpose },
  { name: "slice", sample: slice },
  { name: "expand", sample: expand },
  { name: "concat", sample: concat },
  { name: "pad", sample: pad },
  { name: "slices at run time", sample: sliceAt },
  { name: "pads at run time", sample: padAt },
  { name: "gather", sample: gather },
  { name: "cast", sample: cast },
  { name: "comparisons", sample: compare },
  { name: "plain integers", sample: integers },
  { name: "where", sample: where },
];

import { type Attrs, constant, input, type Value } from "../../../compiler/ir/graph.ts";
import { tensorOf } from "../../../compiler/ir/tensor.ts";
import { type ElementType, elementCount, type Shape } from "../../../compiler/ir/types.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import type { Family, Sample } from "../case.ts";
import { intConstant, numberTypes, randomShape, stored } from "../draw.ts";
import type { Random } from "../random.ts";

const moved: readonly ElementType[] = ["int8", "int16", "float32", "int64", "bool"];

/** Indices inside as a constant, or any at run time: those outside are the nearest inside. */
function indices(r: Random, shape: Shape, sizes: readonly number[], elem: ElementType): Value {
  if (r.chance(0.6)) return input("", { elem, shape });
  const sizeAt = (i: number) => sizes[i % sizes.length]!;
  const values = Array.from({ length: elementCount(shape) }, (_, i) =>
    r.int(-sizeAt(i), sizeAt(i) - 1),
  );
  return constant(tensorOf(elem, shape, values));
}

const indexType = (r: Random): ElementType => r.pick(["int32", "int64"]);

/** A shape nowhere longer than another, but along an axis. */
const within = (r: Random, shape: Shape, axis: number): number[] =>
  shape.map((d, i) => (i === axis ? r.int(1, 5) : r.chance(0.6) ? d : r.int(1, d)));

function gatherElements(r: Random): Sample {
  const shape = randomShape(r, 6, 1, 4);
  const axis = r.int(0, shape.length - 1);
  const own = indices(r, within(r, shape, axis), [shape[axis]!], indexType(r));
  const x = input("", { elem: r.pick(moved), shape });
  const attrs = { axis: r.chance(0.5) ? axis : axis - shape.length };
  return { node: buildNode("GatherElements", [x, own], attrs) };
}

function gatherND(r: Random): Sample {
  const shape = randomShape(r, 6, 1, 4);
  const batch = r.int(0, Math.min(2, shape.length - 1));
  const depth = r.int(1, shape.length - batch);
  const tuples = [...shape.slice(0, batch), ...randomShape(r, 2, 0, 3), depth];
  const own = indices(r, tuples, shape.slice(batch, batch + depth), "int64");
  const x = input("", { elem: r.pick(moved), shape });
  return { node: buildNode("GatherND", [x, own], { batch_dims: batch }) };
}

/** Half of the scatters replace elements, the others combine them. */
function scatterOf(r: Random): { elem: ElementType; attrs: Attrs } {
  if (r.chance(0.3)) return { elem: r.pick(moved), attrs: {} };
  const reduction = r.pick(["add", "mul", "max", "min"]);
  return { elem: r.pick(numberTypes), attrs: { reduction } };
}

function scatterElements(r: Random): Sample {
  const { elem, attrs } = scatterOf(r);
  const shape = randomShape(r, 6, 1, 4);
  const axis = r.int(0, shape.length - 1);
  const updated = within(r, shape, axis);
  const own = indices(r, updated, [shape[axis]!], indexType(r));
  const operands = [input("", { elem, shape }), own, input("", { elem, shape: updated })];
  return { node: buildNode("ScatterElements", operands, { ...attrs, axis }) };
}

function scatterND(r: Random): Sample {
  const { elem, attrs } = scatterOf(r);
  const shape = randomShape(r, 5, 1, 4);
  const depth = r.int(1, shape.length);
  const outer = randomShape(r, 2, 0, 3);
  const own = indices(r, [...outer, depth], shape.slice(0, depth), "int64");
  const updates = input("", { elem, shape: [...outer, ...shape.slice(depth)] });
  return { node: buildNode("ScatterND", [input("", { elem, shape }), own, updates], attrs) };
}

const axisIndex = (r: Random, rank: number): Value => {
  const elem = indexType(r);
  return r.chance(0.5)
    ? input("", { elem, shape: [] })
    : constant(tensorOf(elem, [], [r.int(-rank, rank - 1)]));
};

function cumulative(r: Random): Sample {
  const shape = randomShape(r, 4, 1);
  const elem = r.pick(["float32", "float64", "int32", "int64", "uint32", "uint64"] as const);
  const op = r.pick(["CumSum", "CumProd"]);
  const attrs = { exclusive: r.int(0, 1), reverse: r.int(0, 1) };
  return { node: buildNode(op, [input("", { elem, shape }), axisIndex(r, shape.length)], attrs) };
}

function argReduce(r: Random): Sample {
  const shape = randomShape(r, 4, 1, 6);
  const attrs = {
    axis: r.int(-shape.length, shape.length - 1),
    keepdims: r.int(0, 1),
    select_last_index: r.int(0, 1),
  };
  const elem = r.pick(numberTypes);
  const quant = elem === "int8" && r.chance(0.5) ? stored(r) : undefined;
  const x = input("", { elem, shape, ...(quant && { quant }) });
  return { node: buildNode(r.pick(["ArgMax", "ArgMin"]), [x], attrs) };
}

function topK(r: Random): Sample {
  const shape = randomShape(r, 3, 1, 9);
  const axis = r.int(0, shape.length - 1);
  const attrs = { axis, largest: r.int(0, 1), sorted: r.int(0, 1) };
  const x = input("", { elem: r.pick(numberTypes), shape });
  return { node: buildNode("TopK", [x, intConstant([r.int(1, shape[axis]!)])], attrs) };
}

function oneHot(r: Random): Sample {
  const own = randomShape(r, 3);
  const depth = constant(tensorOf("int64", [], [r.pick([r.int(1, 6), 100])]));
  const values = input("", { elem: r.pick(moved), shape: [2] });
  const operands = [input("", { elem: indexType(r), shape: own }), depth, values];
  return { node: buildNode("OneHot", operands, { axis: r.int(-own.length - 1, own.length) }) };
}

function trilu(r: Random): Sample {
  const shape = randomShape(r, 4, 2, 6);
  const k = r.chance(0.3)
    ? input("", { elem: "int64", shape: [] })
    : constant(tensorOf("int64", [], [r.int(-7, 7)]));
  return {
    node: buildNode("Trilu", [input("", { elem: r.pick(moved), shape }), k], {
      upper: r.int(0, 1),
    }),
  };
}

function reverseSequence(r: Random): Sample {
  const shape = randomShape(r, 4, 2, 6);
  const batch = r.int(0, 1);
  const lengths = input("", { elem: "int64", shape: [shape[batch]!] });
  const operands = [input("", { elem: r.pick(moved), shape }), lengths];
  const attrs = { batch_axis: batch, time_axis: 1 - batch };
  return { node: buildNode("ReverseSequence", operands, attrs) };
}

function range(r: Random): Sample {
  const elem = r.pick(["float32", "float64", "int16", "int32", "int64"] as const);
  const operands = [0, 1, 2].map(() => input("", { elem, shape: [] }));
  return { node: buildNode("Range", operands, { declared: [r.int(1, 40)] }) };
}

function tensorScatter(r: Random): Sample {
  const shape = randomShape(r, 4, 2, 5);
  const axis = r.int(1, shape.length - 1);
  const update = shape.map((d, i) => (i === axis ? r.int(1, d) : d));
  const elem = r.pick(moved);
  const starts = input("", { elem: "int64", shape: [shape[0]!] });
  const operands = [input("", { elem, shape }), input("", { elem, shape: update }), starts];
  const attrs = { axis, mode: r.pick(["linear", "circular"]) };
  return { node: buildNode("TensorScatter", operands, attrs) };
}

export const families: readonly Family[] = [
  { name: "gather elements", sample: gatherElements },
  { name: "gather by tuples", sample: gatherND },
  { name: "scatter elements", sample: scatterElements },
  { name: "scatter by tuples", sample: scatterND },
  { name: "scatter of sequences", sample: tensorScatter },
  { name: "running sums", sample: cumulative },
  { name: "where the largest is", sample: argReduce },
  { name: "the largest few", sample: topK },
  { name: "one-hot codes", sample: oneHot },
  { name: "triangles", sample: trilu },
  { name: "reversed sequences", sample: reverseSequence },
  { name: "numbers in a row", sample: range },
];

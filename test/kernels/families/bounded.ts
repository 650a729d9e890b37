import { constant, input } from "../../../compiler/ir/graph.ts";
import { scalar } from "../../../compiler/ir/tensor.ts";
import type { ElementType } from "../../../compiler/ir/types.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import type { Family, Sample } from "../case.ts";
import { numberTypes, randomShape } from "../draw.ts";
import type { Random } from "../random.ts";

const moved: readonly ElementType[] = ["int8", "int16", "float32", "int64", "bool"];

/** Sometimes a declared length of the axis of the result. */
const declared = (r: Random, shape: readonly number[], axis: number) =>
  r.chance(0.5) && { declared: shape.with(axis, r.int(1, shape[axis]!)) };

function compress(r: Random): Sample {
  const shape = randomShape(r, 4, 1);
  const axis = r.int(0, shape.length - 1);
  const condition = input("", { elem: "bool", shape: [r.int(1, shape[axis]!)] });
  const attrs = { axis, ...declared(r, shape.with(axis, condition.type.shape[0]!), axis) };
  const x = input("", { elem: r.pick(moved), shape });
  return { node: buildNode("Compress", [x, condition], attrs) };
}

function nonZero(r: Random): Sample {
  const shape = randomShape(r, 4, 1);
  const count = shape.reduce((a, b) => a * b, 1);
  const attrs = { ...declared(r, [shape.length, count], 1) };
  return { node: buildNode("NonZero", [input("", { elem: "bool", shape })], attrs) };
}

function unique(r: Random): Sample {
  const elem = r.pick([...numberTypes, "bool"] as const);
  const isFlat = r.chance(0.4);
  const shape = isFlat ? [r.int(1, 20)] : [r.int(1, 3), r.int(1, 12), r.int(1, 2)];
  const axis = isFlat ? 0 : 1;
  const attrs = {
    sorted: r.int(0, 1),
    ...(!isFlat && { axis }),
    ...declared(r, shape, axis),
  };
  const x = input("", { elem, shape });
  return { node: buildNode("Unique", [x], attrs, { outputCount: 4 }), range: [-1, 1] };
}

function nonMaxSuppression(r: Random): Sample {
  const [batch, classes, count] = [r.int(1, 2), r.int(1, 3), r.int(1, 9)];
  const floats = (shape: readonly number[]) => input("", { elem: "float32", shape });
  const limits = [
    constant(scalar("int64", r.int(1, 5))),
    constant(scalar("float32", r.real(0, 0.6))),
    constant(scalar("float32", r.pick([-9, -0.5, 0.3]))),
  ];
  const operands = [floats([batch, count, 4]), floats([batch, classes, count]), ...limits];
  const attrs = { center_point_box: r.int(0, 1) };
  return { node: buildNode("NonMaxSuppression", operands, attrs) };
}

function einsum(r: Random): Sample {
  const labels = ["i", "j", "k", "l", "m"].slice(0, r.int(1, 5));
  const sizes = Object.fromEntries(labels.map((l) => [l, r.int(1, 4)]));
  const elem = r.pick(numberTypes);
  const terms = [0, 1].map(() => r.list(r.int(0, 4), () => 0).map(() => r.pick(labels)));
  const used = [...new Set(terms.flat())];
  const output = r.shuffled(used).slice(0, r.int(0, used.length));
  const operands = terms.map((term) => input("", { elem, shape: term.map((l) => sizes[l]!) }));
  const equation = `${terms.map((t) => t.join("")).join(",")}->${output.join("")}`;
  return { node: buildNode("Einsum", operands, { equation }) };
}

export const families: readonly Family[] = [
  { name: "slices by a condition", sample: compress },
  { name: "where it is true", sample: nonZero },
  { name: "different slices", sample: unique },
  { name: "boxes that do not overlap", sample: nonMaxSuppression },
  { name: "sums of products", sample: einsum },
];

/**
 * Before: Resize with constant operands. After: ResizeNearest and Interpolate by tables, over one
 * axis or two adjacent ones each.
 */
import {
  type Attrs,
  constant,
  constantOf,
  type Node,
  num,
  str,
  type Value,
} from "../../ir/graph.ts";
import { float32s, tensorOf } from "../../ir/tensor.ts";
import { build } from "../../ops/build.ts";
import { decidingInputs, resizeTables } from "../../ops/resize.ts";
import { type AxisTable, isIdentity } from "../../ops/taps.ts";
import type { Rule } from "../engine.ts";
import { op } from "../pattern.ts";

interface Part {
  readonly axis: number;
  readonly tables: readonly AxisTable[];
}

/** The axes that change, in runs of one or two. */
function partsOf(tables: readonly AxisTable[], shape: readonly number[]): Part[] {
  const changes = (axis: number) => axis < shape.length && !isIdentity(tables[axis]!, shape[axis]!);
  const parts: Part[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    if (!changes(axis)) continue;
    const count = changes(axis + 1) ? 2 : 1;
    parts.push({ axis, tables: tables.slice(axis, axis + count) });
    axis += count - 1;
  }
  return parts;
}

const indices = (list: Int32Array): Value => constant(tensorOf("int32", [list.length], list));

const isPick = (t: AxisTable): boolean => t.taps === 1 && !t.begin.includes(-1);

/** Everything that is picked keeps its weight, which is 1 but for rounding. */
function resized(
  x: Value,
  { axis, tables }: Part,
  attrs: Attrs,
  origins: readonly string[],
): Value {
  const nearest = str({ attrs }, "mode", "nearest") === "nearest" && tables.every(isPick);
  if (nearest)
    return build(
      "ResizeNearest",
      [x, ...tables.map((t) => indices(t.begin))],
      { axis },
      { origins },
    );
  const operands = tables.flatMap((t) => [
    indices(t.begin),
    constant(float32s([t.begin.length, t.taps], t.weights)),
  ]);
  const value = num({ attrs }, "extrapolation_value");
  const extrapolates = tables.some((t) => t.begin.includes(-1));
  const more = { axis, ...(extrapolates && { extrapolation_value: value }) };
  return build("Interpolate", [x, ...operands], more, { origins });
}

const isKnown = (n: Node): boolean =>
  decidingInputs(n.attrs).every((i) => !n.inputs[i] || constantOf(n.inputs[i]) !== undefined);

/** What is read at run time wants a region of interest, even if it is not of any. */
export const resizeAtRunTime: Rule = {
  name: "resize-of-all-lists",
  example: `graph imported "g" {
    %0: float32[1, 2, 3, 4] = Input
    %1: float32[4] = Input
    %2: float32[1, 2, 6, 6] = Resize(%0, _, %1) {mode: "linear", declared: [1, 2, 6, 6]}
    return %2 as "y"
  }`,
  pattern: op("Resize", undefined, { where: (n) => !isKnown(n) && !n.inputs[1] }),
  replace: ({ root, origins }) => {
    const [x, , scales, sizes] = root.inputs;
    const count = (scales ?? sizes)!.type.shape[0]!;
    const roi = constant(
      float32s(
        [2 * count],
        Array.from({ length: 2 * count }, () => 0),
      ),
    );
    return build("Resize", [x, roi, scales, sizes], root.attrs, { origins });
  },
};

export const resize: Rule = {
  name: "resize-to-tables",
  example: `graph imported "g" {
    %0: float32[1, 2, 3, 4] = Input
    %1: float32[4] = Constant [1, 1, 2, 1.5]
    %2: float32[1, 2, 6, 6] = Resize(%0, _, %1) {mode: "linear"}
    return %2 as "y"
  }`,
  pattern: op("Resize", undefined, { where: isKnown }),
  replace: ({ root, origins }) => {
    const x = root.inputs[0]!;
    const tables = resizeTables({
      inputs: root.inputs.map((v) => v?.type),
      attrs: root.attrs,
      outputCount: 1,
      constant: (i) => constantOf(root.inputs[i]),
    });
    return partsOf(tables, x.type.shape).reduce((y, p) => resized(y, p, root.attrs, origins), x);
  },
};

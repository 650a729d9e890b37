/** Reductions: of floats and of plain integers, over axes that are constant or not. */
import type { Node } from "../ir/graph.ts";
import { type ElementType, elementCount, rowMajorStrides } from "../ir/types.ts";
import { contextOf } from "../ops/operator.ts";
import { reducedAxes, reductionNames } from "../ops/reduce.ts";
import { nestOf } from "./axes.ts";
import { count, type Fields, inputType, isConstant, type Kernel, oneInput } from "./kernel.ts";

/** Axes that stay and axes that are folded, those of a kind merged where they are neighbours. */
function reduceFields(node: Node): Fields {
  const { shape } = inputType(node);
  const steps = rowMajorStrides(shape);
  const folded = reducedAxes(contextOf(node));
  const nest = (isFolded: boolean) => {
    const axes = shape.map((_, i) => i).filter((i) => folded.includes(i) === isFolded);
    return nestOf({ sizes: axes.map((i) => shape[i]!), steps: [axes.map((i) => steps[i]!)] }, 3);
  };
  const [stays, folds] = [nest(false), nest(true)];
  return {
    kept: [...stays.sizes],
    kept_step: [...stays.steps[0]!],
    folded: [...folds.sizes],
    folded_step: [...folds.steps[0]!],
    count: elementCount(folds.sizes),
  };
}

const axesMax = 6;

/** The C struct `mote_reduce_axes_shape`. */
function axesFields(node: Node): Fields {
  const { shape } = inputType(node);
  return {
    rank: shape.length,
    axes: elementCount(inputType(node, 1).shape),
    results: count(node),
    size: [...shape, ...Array.from({ length: axesMax - shape.length }, () => 1)],
  };
}

const snakeCase = (name: string): string =>
  name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

/** An empty list of axes says all that is to know, whether it is a constant or not. */
const hasKnownAxes = ({ inputs: [, axes] }: Node): boolean =>
  !axes || isConstant(axes) || axes.type.shape[0] === 0;

const isOf = (node: Node, elems: readonly ElementType[]): boolean =>
  elems.includes(inputType(node).elem) && !inputType(node).quant;

/** Of the element types that are stored alike: a bool is a byte. */
function reductions(name: string, suffix: string, elems: readonly ElementType[]): Kernel[] {
  const header = suffix === "f32" ? "reduce_f32.h" : "reduce_int.h";
  const common = {
    header,
    ops: [`Reduce${name}`],
    cost: (node: Node) => elementCount(inputType(node).shape) * 6 + count(node) * 20,
  };
  const constant: Kernel = {
    ...common,
    name: `reduce_${snakeCase(name)}_${suffix}`,
    serves: (node) => isOf(node, elems) && hasKnownAxes(node),
    bind: (node) => oneInput("mote_reduce_shape", reduceFields(node)),
  };
  const computed: Kernel = {
    ...common,
    name: `${constant.name}_axes`,
    serves: (node) =>
      isOf(node, elems) &&
      !hasKnownAxes(node) &&
      inputType(node, 1).elem === "int64" &&
      inputType(node).shape.length <= axesMax,
    bind: (node) => ({
      ...oneInput("mote_reduce_axes_shape", axesFields(node)),
      inputs: [0, 1],
    }),
  };
  return [constant, computed];
}

const integers = { s32: "int32", u32: "uint32", s64: "int64", u64: "uint64" } as const;
const sums = ["Sum", "Mean", "Prod", "L1", "SumSquare"];

export const reduceKernels: readonly Kernel[] = [
  ...reductionNames.flatMap((name) => reductions(name, "f32", ["float32"])),
  ...["Max", "Min"].flatMap((name) => [
    ...reductions(name, "i8", ["int8"]),
    ...reductions(name, "u8", ["uint8", "bool"]),
  ]),
  ...Object.entries(integers).flatMap(([suffix, elem]) =>
    ["Max", "Min", ...sums].flatMap((name) => reductions(name, suffix, [elem])),
  ),
];

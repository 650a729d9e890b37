/** Einstein's notation: sums of products over labelled axes. */
import { type Attrs, str } from "../ir/graph.ts";
import { newArray } from "../ir/tensor.ts";
import { elementCount, rowMajorStrides, type Shape } from "../ir/types.ts";
import { combiner, element } from "./accumulate.ts";
import { viewIndex } from "./move.ts";
import { fail, type Operator } from "./operator.ts";

/** The axes of operands and result by label: a letter, or `.i` for the ith axis of an ellipsis. */
export interface Einsum {
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
  readonly sizes: ReadonlyMap<string, number>;
}

/** Axes that an ellipsis stands for are numbered from the last one on. */
function labelsOf(term: string, ellipsis: number): string[] {
  const parts = /^([a-zA-Z]*)(\.\.\.)?([a-zA-Z]*)$/.exec(term);
  if (!parts) return fail(`'${term}' is no list of axes`);
  const [, before, dots, after] = parts;
  const between = Array.from({ length: dots ? ellipsis : 0 }, (_, i) => `.${ellipsis - 1 - i}`);
  return [...before!, ...between, ...after!];
}

/** Without a result in the equation: the ellipsis, then labels that come once, in their order. */
function impliedOutput(operands: readonly (readonly string[])[], ellipsis: number): string[] {
  const all = operands.flat();
  const once = all.filter((l) => !l.startsWith(".") && all.indexOf(l) === all.lastIndexOf(l));
  return [...labelsOf("...", ellipsis), ...once.sort()];
}

function sizesOf(operands: Einsum["operands"], shapes: readonly Shape[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const [i, labels] of operands.entries())
    for (const [axis, label] of labels.entries()) {
      const [size, known] = [shapes[i]![axis]!, sizes.get(label) ?? 1];
      if (size !== known && size !== 1 && known !== 1)
        fail(`axis '${label}' is of length ${known} and ${size}`);
      sizes.set(label, known === 1 ? size : known);
    }
  return sizes;
}

export function einsumOf(attrs: Attrs, shapes: readonly Shape[]): Einsum {
  const equation = str({ attrs }, "equation").replace(/\s/g, "");
  const [left, right, ...more] = equation.split("->");
  const terms = left!.split(",");
  if (more.length > 0 || terms.length !== shapes.length)
    fail(`'${equation}' is no equation of ${shapes.length} operands`);
  const letters = (term: string) => term.replace("...", "").length;
  const dots = terms.map((t, i) => (t.includes("...") ? shapes[i]!.length - letters(t) : 0));
  const operands = terms.map((term, i) => labelsOf(term, dots[i]!));
  const odd = operands.findIndex((labels, i) => labels.length !== shapes[i]!.length);
  if (odd >= 0) fail(`'${terms[odd]}' does not fit an operand of ${shapes[odd]!.length} axes`);
  const ellipsis = Math.max(...dots);
  const output =
    right === undefined ? impliedOutput(operands, ellipsis) : labelsOf(right, ellipsis);
  const sizes = sizesOf(operands, shapes);
  const unknown = output.find((l, i) => !sizes.has(l) || output.indexOf(l) !== i);
  if (unknown !== undefined) fail(`the result of '${equation}' has a wrong axis '${unknown}'`);
  return { operands, output, sizes };
}

/** Labels that are summed over. */
export const summedLabels = ({ sizes, output }: Einsum): string[] =>
  [...sizes.keys()].filter((l) => !output.includes(l));

/** Steps in an operand along labels: of an axis of length 1 none, of a diagonal both. */
export function labelSteps(shape: Shape, own: readonly string[], labels: readonly string[]) {
  const strides = rowMajorStrides(shape);
  const step = (axis: number) => (shape[axis] === 1 ? 0 : strides[axis]!);
  return labels.map((l) => own.reduce((sum, o, axis) => (o === l ? sum + step(axis) : sum), 0));
}

/** An equation of letters in the order in which labels come. */
export function equationOf(operands: Einsum["operands"], output: readonly string[]): string {
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const labels = [...new Set(operands.flat())];
  const text = (list: readonly string[]) => list.map((l) => letters[labels.indexOf(l)]).join("");
  return `${operands.map(text).join(",")}->${text(output)}`;
}

const einsum: Operator = {
  name: "Einsum",
  level: "any",
  inputs: ["Inputs*: T"],
  outputs: 1,
  attrs: { equation: "string" },
  infer: ({ inputs, attrs }) => {
    const shapes = inputs.map((t) => t!.shape);
    const { output, sizes } = einsumOf(attrs, shapes);
    return [{ elem: inputs[0]!.elem, shape: output.map((l) => sizes.get(l)!) }];
  },
  evaluate: ({ inputs, attrs, types }) => {
    const { elem, shape } = types[0]!;
    const shapes = inputs.map((t) => t!.shape);
    const equation = einsumOf(attrs, shapes);
    const summed = summedLabels(equation);
    const steps = (i: number, labels: readonly string[]) =>
      labelSteps(shapes[i]!, equation.operands[i]!, labels);
    const starts = inputs.map((_, i) => viewIndex(shape, steps(i, equation.output)));
    const spans = summed.map((l) => equation.sizes.get(l)!);
    const offsets = inputs.map((_, i) => viewIndex(spans, steps(i, summed)));
    const [add, multiply] = [combiner("add", elem), combiner("mul", elem)];
    const data = newArray(elem, elementCount(shape));
    for (let at = 0; at < data.length; at++) {
      let sum = element(elem, 0);
      for (let k = 0; k < offsets[0]!.length; k++) {
        let product = element(elem, 1);
        for (const [i, x] of inputs.entries())
          product = multiply(product, x!.data[starts[i]![at]! + offsets[i]![k]!]!);
        sum = add(sum, product);
      }
      data[at] = sum;
    }
    return [{ elem, shape, data }];
  },
};

export const einsumOperators: readonly Operator[] = [einsum];

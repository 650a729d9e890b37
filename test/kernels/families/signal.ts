import { constant, input, type Value } from "../../../compiler/ir/graph.ts";
import { scalar, type Tensor, tensorOf } from "../../../compiler/ir/tensor.ts";
import type { Shape } from "../../../compiler/ir/types.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import { windowNames } from "../../../compiler/ops/signal.ts";
import type { Family, Sample } from "../case.ts";
import { floatInput, randomShape } from "../draw.ts";
import type { Random } from "../random.ts";

/** Numbers that are constants, or inputs with values of their own. */
class Numbers {
  readonly given: Record<number, Tensor> = {};
  readonly #isConstant: boolean;

  constructor(isConstant: boolean) {
    this.#isConstant = isConstant;
  }

  at(place: number, value: number, elem: "int64" | "int32" = "int64"): Value {
    const tensor = scalar(elem, value);
    if (this.#isConstant) return constant(tensor);
    this.given[place] = tensor;
    return input("", tensor);
  }
}

/** The type of the node's result with constants in place of what is known at run time. */
const shapeOf = (
  op: string,
  inputs: readonly (Value | undefined)[],
  given: object,
  attrs: object,
) => {
  const values = new Map(Object.entries(given).map(([i, t]) => [Number(i), constant(t as Tensor)]));
  const all = inputs.map((v, i) => values.get(i) ?? v);
  return buildNode(op, all, attrs as Record<string, number>).outputs[0]!.type.shape;
};

/** A node whose shape is declared where it depends on numbers of run time; or another shape is. */
function declared(
  r: Random,
  op: string,
  inputs: readonly (Value | undefined)[],
  given: Readonly<Record<number, Tensor>>,
  attrs: Record<string, number>,
): Sample {
  if (Object.keys(given).length === 0) return { node: buildNode(op, inputs, attrs) };
  const shape: Shape = shapeOf(op, inputs, given, attrs);
  const other = shape.map((d, i) => (i === 1 ? d + 1 : d));
  const all = { ...attrs, declared: r.chance(0.9) ? shape : other };
  return { node: buildNode(op, inputs, all), given };
}

function dft(r: Random): Sample {
  const shape = randomShape(r, 3, 1, 12);
  const axis = r.int(0, shape.length - 1);
  const attrs = { inverse: r.int(0, 1), onesided: r.int(0, 1) };
  const parts = attrs.onesided && !attrs.inverse ? 1 : r.int(1, 2);
  if (attrs.onesided && attrs.inverse) shape[axis] = r.int(2, 9);
  const numbers = new Numbers(r.chance(0.5));
  const length = r.chance(0.4) ? numbers.at(1, r.int(2, 20)) : undefined;
  const given = r.chance(0.5) ? axis : axis - shape.length - 1;
  const inputs = [floatInput([...shape, parts]), length, numbers.at(2, given)];
  return declared(r, "DFT", inputs, numbers.given, attrs);
}

function stft(r: Random): Sample {
  const [batch, length, step] = [r.int(1, 2), r.int(1, 18), r.int(1, 6)];
  const onesided = r.int(0, 1);
  const signal = floatInput([batch, length + r.int(0, 20), onesided ? 1 : r.int(1, 2)]);
  const numbers = new Numbers(r.chance(0.5));
  const window = r.chance(0.5) ? floatInput([length]) : undefined;
  const own = !window || r.chance(0.5) ? numbers.at(3, length) : undefined;
  const inputs = [signal, numbers.at(1, step), window, own];
  return declared(r, "STFT", inputs, numbers.given, { onesided });
}

function window(r: Random): Sample {
  const size = r.int(1, 12);
  const numbers = new Numbers(false);
  const x = numbers.at(0, size, r.pick(["int32", "int64"] as const));
  const attrs = { periodic: r.int(0, 1) };
  const length = Math.max(1, size + r.int(-2, 2));
  return {
    node: buildNode(r.pick(windowNames), [x], { ...attrs, declared: [length] }),
    given: numbers.given,
  };
}

function mel(r: Random): Sample {
  const whole = [r.int(1, 8), 2 ** r.int(4, 7), r.pick([8000, 8192, 16000])];
  const edges = [r.pick([0, 100]), r.pick([2000, 3500])];
  const given = Object.fromEntries([
    ...whole.map((x, i) => [i, tensorOf("int32", [], [x])]),
    ...edges.map((x, i) => [i + 3, tensorOf("float32", [], [x])]),
  ]) as Record<number, Tensor>;
  const inputs = Object.values(given).map((t) => input("", t));
  const shape = [whole[1]! / 2 + 1, whole[0]! + (r.chance(0.1) ? 1 : 0)];
  return { node: buildNode("MelWeightMatrix", inputs, { declared: shape }), given };
}

export const families: readonly Family[] = [
  { name: "Fourier transforms", sample: dft },
  { name: "short-time Fourier transforms", sample: stft },
  { name: "windows of signals", sample: window },
  { name: "mel filters", sample: mel },
];

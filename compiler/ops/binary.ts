/** Elementwise operators of two or more operands with NumPy's broadcasting, as table entries. */
import { type Attrs, num, str } from "../ir/graph.ts";
import { isBig, newArray, numbers, type Tensor } from "../ir/tensor.ts";
import {
  type ElementType,
  elementBytes,
  elementCount,
  rowMajorStrides,
  type Shape,
  type TensorType,
} from "../ir/types.ts";
import { clampAttrs, clampOf, integerClamp } from "./clamp.ts";
import {
  clamp,
  makeRescale,
  multiplyByQuantizedMultiplier,
  quantizeMultiplier,
} from "./numerics.ts";
import {
  type AttrKind,
  broadcastShapes,
  computed,
  type EvalContext,
  type IntegerForm,
  integers,
  type Operator,
} from "./operator.ts";
import { elementwiseRows } from "./rows.ts";
import { convert } from "./typing.ts";

type Combine = (a: number, b: number) => number;

/** For each element of `shape`, the index of the operand's element that broadcasting reads. */
export function broadcastIndex(from: Shape, shape: Shape): Int32Array {
  const index = new Int32Array(elementCount(shape));
  const own = rowMajorStrides(from);
  const steps = shape.map((_, axis) => {
    const i = axis - shape.length + from.length;
    return i < 0 || from[i] === 1 ? 0 : own[i]!;
  });
  const position = shape.map(() => 0);
  for (let i = 0, at = 0; i < index.length; i++) {
    index[i] = at;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += steps[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      at -= steps[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return index;
}

/** Calls `visit(i, a, b)` for every element of the broadcast result. */
export function forEachPair(
  a: Tensor,
  b: Tensor,
  shape: Shape,
  visit: (i: number, a: number, b: number) => void,
): void {
  const [as, bs] = [numbers(a), numbers(b)];
  const [ia, ib] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)];
  for (let i = 0; i < ia.length; i++) visit(i, as[ia[i]!]!, bs[ib[i]!]!);
}

type CombineBig = (a: bigint, b: bigint) => bigint;

const asBig = ({ data }: Tensor): BigInt64Array | BigUint64Array =>
  isBig(data) ? data : BigInt64Array.from(data, BigInt);

function combineBig(a: Tensor, b: Tensor, elem: ElementType, f: CombineBig): Tensor {
  const shape = broadcastShapes([a.shape, b.shape]);
  const data = newArray(elem, elementCount(shape)) as BigInt64Array;
  const [as, bs] = [a.data as BigInt64Array, asBig(b)];
  const [ia, ib] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)];
  for (let i = 0; i < data.length; i++) data[i] = f(as[ia[i]!]!, bs[ib[i]!]!);
  return { elem, shape, data };
}

function combine(a: Tensor, b: Tensor, elem: ElementType, f: Combine): Tensor {
  const shape = broadcastShapes([a.shape, b.shape]);
  const data = newArray(elem, elementCount(shape));
  const big = (x: number) => BigInt(Math.trunc(x));
  if (isBig(data)) forEachPair(a, b, shape, (i, x, y) => (data[i] = big(f(x, y))));
  else forEachPair(a, b, shape, (i, x, y) => (data[i] = f(x, y)));
  return { elem, shape, data };
}

interface Entry {
  readonly name: string;
  readonly f: Combine;
  readonly attrs?: Readonly<Record<string, AttrKind>>;
  /** Of the attributes, instead of `f`. */
  readonly make?: (attrs: Attrs, elem: ElementType) => Combine;
  /** On integers of 64 bits. */
  readonly big?: (attrs: Attrs) => CombineBig;
  readonly types?: readonly ElementType[];
  readonly variadic?: boolean;
  readonly result?: "bool";
  readonly integer?: IntegerForm;
}

const evaluateEntry =
  ({ f: own, make, big, result }: Entry) =>
  ({ inputs, attrs }: EvalContext): Tensor[] => {
    const [first, ...rest] = inputs as Tensor[];
    const isWhole = inputs.every((t) => integers.includes(t!.elem));
    if (big && isWhole && isBig(first!.data)) {
      const exact = big(attrs);
      return [rest.reduce((sum, next) => combineBig(sum, next, first!.elem, exact), first!)];
    }
    const f = make?.(attrs, first!.elem) ?? own;
    const elem = result ?? first!.elem;
    const { min, max } = clampOf(attrs);
    const bounded: Combine =
      min > -Infinity || max < Infinity ? (a, b) => clamp(f(a, b), min, max) : f;
    const whole = isWhole ? (onIntegers.get(f) ?? bounded) : bounded;
    // Floats beyond an integer's range are what a Cast makes of them.
    const between = isWhole || !integers.includes(elem) ? elem : "float64";
    const y = rest.reduce((sum, next) => combine(sum, next, between, whole), first!);
    return [between === elem ? y : convert(y, elem)];
  };

const scaleOf = (type: TensorType | undefined): number => type!.quant!.scale[0]!;
const zeroOf = (type: TensorType | undefined): number => type!.quant!.zeroPoint[0]!;

/**
 * TFLite's int8 addition: both operands to a common scale with 20 spare bits, then to the
 * output's.
 */
export function additionTflite(a: TensorType, b: TensorType, y: TensorType) {
  const twiceLargest = 2 * Math.max(scaleOf(a), scaleOf(b));
  return {
    a: quantizeMultiplier(scaleOf(a) / twiceLargest),
    b: quantizeMultiplier(scaleOf(b) / twiceLargest),
    y: quantizeMultiplier(twiceLargest / (2 ** 20 * scaleOf(y))),
  };
}

/** Profile `fast`: y = (a·multiplierA + b·multiplierB + offset) >> shift, all within 32 bits. */
export interface AdditionFast {
  readonly multiplierA: number;
  readonly multiplierB: number;
  readonly offset: number;
  readonly shift: number;
}

/** The largest shift at which no partial sum leaves 32 bits for any stored operands. */
export function additionFast(
  a: TensorType,
  b: TensorType,
  y: TensorType,
  sign: 1 | -1,
): AdditionFast {
  for (let shift = 30; shift >= 0; shift--) {
    const multiplierA = Math.round((scaleOf(a) / scaleOf(y)) * 2 ** shift);
    const multiplierB = sign * Math.round((scaleOf(b) / scaleOf(y)) * 2 ** shift);
    const half = shift > 0 ? 2 ** (shift - 1) : 0;
    const offset =
      zeroOf(y) * 2 ** shift + half - zeroOf(a) * multiplierA - zeroOf(b) * multiplierB;
    const extremes = [-128, 127].flatMap((qa) =>
      [-128, 127].flatMap((qb) => [
        offset,
        offset + qa * multiplierA,
        offset + qa * multiplierA + qb * multiplierB,
      ]),
    );
    if (extremes.every((x) => Math.abs(x) < 2 ** 31))
      return { multiplierA, multiplierB, offset, shift };
  }
  throw new RangeError("operand scales are too far above the output's scale");
}

const addition = (sign: 1 | -1): IntegerForm => ({
  roles: ["activation"],
  output: "free",
  accepts: ([a, b], y) => Math.max(scaleOf(a), scaleOf(b)) / scaleOf(y) < 2 ** 20,
  evaluate: ({ inputs, inputTypes, types, attrs, profile }) => {
    const [ta, tb, ty] = [inputTypes[0]!, inputTypes[1]!, types[0]!];
    const { min, max } = integerClamp(attrs, ty);
    if (profile === "fast") {
      const p = additionFast(ta, tb, ty, sign);
      const sum: Combine = (a, b) =>
        Math.floor((a * p.multiplierA + b * p.multiplierB + p.offset) / 2 ** p.shift);
      return [combine(inputs[0]!, inputs[1]!, "int8", (a, b) => clamp(sum(a, b), min, max))];
    }
    const factor = additionTflite(ta, tb, ty);
    const term = (q: number, type: TensorType, f: typeof factor.a) =>
      multiplyByQuantizedMultiplier((q - zeroOf(type)) * 2 ** 20, f);
    const sum: Combine = (a, b) => {
      const total = term(a, ta, factor.a) + sign * term(b, tb, factor.b);
      return zeroOf(ty) + multiplyByQuantizedMultiplier(total, factor.y);
    };
    return [combine(inputs[0]!, inputs[1]!, "int8", (a, b) => clamp(sum(a, b), min, max))];
  },
});

/** The factor from a product of stored operands to the stored result. */
export const productFactor = (a: TensorType, b: TensorType, y: TensorType): number =>
  (scaleOf(a) * scaleOf(b)) / scaleOf(y);

const multiplication: IntegerForm = {
  roles: ["activation"],
  output: "free",
  evaluate: ({ inputs, inputTypes, types, attrs, profile }) => {
    const [ta, tb, ty] = [inputTypes[0]!, inputTypes[1]!, types[0]!];
    const { min, max } = integerClamp(attrs, ty);
    const [za, zb, zy] = [zeroOf(ta), zeroOf(tb), zeroOf(ty)];
    const rescale = makeRescale([productFactor(ta, tb, ty)], profile);
    const product: Combine = (a, b) => clamp(zy + rescale.apply((a - za) * (b - zb), 0), min, max);
    return [combine(inputs[0]!, inputs[1]!, "int8", product)];
  },
};

const division: Combine = (a, b) => a / b;
const product: Combine = (a, b) => a * b;
const power: Combine = (a, b) => a ** b;

/** The lower 64 bits, by squaring. Of a negative exponent the reciprocal, truncated. */
function powerBig(a: bigint, b: bigint): bigint {
  if (b < 0n) return a === 1n || (a === -1n && b % 2n === 0n) ? 1n : a === -1n ? -1n : 0n;
  let result = 1n;
  for (let [square, rest] = [a, b]; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = BigInt.asIntN(64, result * square);
    square = BigInt.asIntN(64, square * square);
  }
  return result;
}
/** Of integers up to 32 bits: quotients are truncated, of products the lower bits are kept. */
const onIntegers = new Map<Combine, Combine>([
  [division, (a, b) => Math.trunc(a / b)],
  [product, Math.imul],
  [power, (a, b) => Number(BigInt.asIntN(32, powerBig(BigInt(a), BigInt(Math.trunc(b)))))],
]);

const always = (f: CombineBig) => () => f;
const leftBig: CombineBig = (a, b) => (b === 0n ? 0n : a % b);
const moduloBig: CombineBig = (a, b) => {
  const rest = leftBig(a, b);
  return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
};
/** Bits that leave are lost; a shift by all or more leaves the sign to the right, 0 to the left. */
const shiftBig: Entry["big"] = (attrs) => {
  const isLeft = str({ attrs }, "direction") === "LEFT";
  return (a, b) => {
    if (b < 0n || b >= 64n) return a < 0n && !isLeft ? -1n : 0n;
    return isLeft ? BigInt.asIntN(64, a << b) : a >> b;
  };
};

/** What is left of a truncated division by b: of a's sign. By 0 nothing is left. */
const remainderOf: Combine = (a, b) => (b === 0 ? 0 : a % b);

/** What is left of a division that is rounded down: of b's sign. */
const modulo: Combine = (a, b) => {
  const rest = remainderOf(a, b);
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
};

const remainder: Entry["make"] = (attrs, elem) => {
  const isTruncated = num({ attrs }, "fmod") === 1;
  if (integers.includes(elem)) return isTruncated ? remainderOf : modulo;
  return isTruncated ? (a, b) => a % b : (a, b) => (b === 0 ? Number.NaN : modulo(a, b));
};

const shift: Entry["make"] = (attrs, elem) => {
  const bits = 8 * elementBytes(elem);
  const isLeft = str({ attrs }, "direction") === "LEFT";
  return (a, b) => {
    if (b < 0 || b >= bits) return a < 0 && !isLeft ? -1 : 0;
    return isLeft ? (a * 2 ** b) % 2 ** bits : Math.floor(a / 2 ** b);
  };
};

const bool =
  (f: (a: number, b: number) => boolean): Combine =>
  (a, b) =>
    f(a, b) ? 1 : 0;
const truth = (name: string, f: (a: number, b: number) => boolean): Entry => ({
  name,
  f: bool(f),
  result: "bool",
});
const logical = (name: string, f: (a: number, b: number) => boolean): Entry => ({
  ...truth(name, f),
  types: ["bool"],
});

const bitwise = (name: "And" | "Or" | "Xor"): Entry => ({
  name: `Bitwise${name}`,
  types: integers,
  ...{
    And: { f: (a: number, b: number) => a & b, big: always((a, b) => a & b) },
    Or: { f: (a: number, b: number) => a | b, big: always((a, b) => a | b) },
    Xor: { f: (a: number, b: number) => a ^ b, big: always((a, b) => a ^ b) },
  }[name],
});

const entries: readonly Entry[] = [
  { name: "Add", f: (a, b) => a + b, big: always((a, b) => a + b), integer: addition(1) },
  { name: "Sub", f: (a, b) => a - b, big: always((a, b) => a - b), integer: addition(-1) },
  { name: "Mul", f: product, big: always((a, b) => a * b), integer: multiplication },
  { name: "Div", f: division, big: always((a, b) => (b === 0n ? 0n : a / b)) },
  { name: "Pow", f: power, big: always(powerBig) },
  {
    name: "Mod",
    f: modulo,
    attrs: { fmod: "flag" },
    make: remainder,
    big: (attrs) => (num({ attrs }, "fmod") === 1 ? leftBig : moduloBig),
  },
  {
    name: "BitShift",
    f: division,
    attrs: { direction: ["LEFT", "RIGHT"] },
    make: shift,
    big: shiftBig,
    types: integers,
  },
  ...(["And", "Or", "Xor"] as const).map(bitwise),
  { name: "PRelu", f: (a, b) => (a < 0 ? a * b : a) },
  { name: "Max", f: Math.max, big: always((a, b) => (a > b ? a : b)), variadic: true },
  { name: "Min", f: Math.min, big: always((a, b) => (a < b ? a : b)), variadic: true },
  { name: "Sum", f: (a, b) => a + b, variadic: true },
  truth("Equal", (a, b) => a === b),
  truth("Less", (a, b) => a < b),
  truth("LessOrEqual", (a, b) => a <= b),
  truth("Greater", (a, b) => a > b),
  truth("GreaterOrEqual", (a, b) => a >= b),
  logical("And", (a, b) => a !== 0 && b !== 0),
  logical("Or", (a, b) => a !== 0 || b !== 0),
  logical("Xor", (a, b) => (a !== 0) !== (b !== 0)),
];

const infer =
  (result?: ElementType): Operator["infer"] =>
  ({ inputs }) => [
    {
      elem: result ?? inputs[0]!.elem,
      shape: broadcastShapes(inputs.map((t) => t!.shape)),
    },
  ];

export const binaryOperators: readonly Operator[] = entries.map((entry) => ({
  name: entry.name,
  level: "any",
  inputs: entry.variadic
    ? ["data_0: T", "data_N*: T"]
    : ["A: T", entry.name === "Pow" ? "B: T1" : "B: T"],
  outputs: 1,
  attrs: entry.integer || entry.name === "Div" ? clampAttrs : (entry.attrs ?? {}),
  types: { T: entry.types ?? computed },
  infer: infer(entry.result),
  evaluate: evaluateEntry(entry),
  rows: elementwiseRows,
  ...(entry.integer && { integer: entry.integer }),
}));

/** `condition ? X : Y`, elementwise. */
const where: Operator = {
  name: "Where",
  level: "any",
  inputs: ["condition: B", "X: T", "Y: T"],
  outputs: 1,
  attrs: {},
  types: { B: ["bool"] },
  infer: ({ inputs }) => [
    { elem: inputs[1]!.elem, shape: broadcastShapes(inputs.map((t) => t!.shape)) },
  ],
  evaluate: ({ inputs, types }) => {
    const [condition, x, y] = inputs as [Tensor, Tensor, Tensor];
    const { elem, shape } = types[0]!;
    const [ic, ix, iy] = [condition, x, y].map((t) => broadcastIndex(t.shape, shape));
    const data = newArray(elem, elementCount(shape));
    for (let i = 0; i < data.length; i++)
      data[i] = condition.data[ic![i]!] ? x.data[ix![i]!]! : y.data[iy![i]!]!;
    return [{ elem, shape, data }];
  },
  rows: elementwiseRows,
};

export const elementwiseOperators: readonly Operator[] = [...binaryOperators, where];

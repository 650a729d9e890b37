import { type Attrs, input, type Node } from "../../../compiler/ir/graph.ts";
import { perTensor, type TensorType } from "../../../compiler/ir/types.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import { unaryOperators } from "../../../compiler/ops/unary.ts";
import type { Family, Sample } from "../case.ts";
import {
  activation,
  broadcastable,
  clampAttributes,
  floatConstant,
  floatInput,
  randomConstant,
  randomShape,
  stored,
} from "../draw.ts";
import type { Random } from "../random.ts";

const unaryNames = unaryOperators.map((o) => o.name);

/** Two shapes that broadcast to each other. */
function pair(r: Random): [number[], number[]] {
  const shape = randomShape(r, 4);
  const [a, b] = [r.chance(0.6) ? shape : broadcastable(r, shape), broadcastable(r, shape)];
  return r.chance(0.5) ? [a, b] : [b, a];
}

function storedBinary(r: Random): Sample {
  const [a, b] = pair(r);
  const x = activation(r, a, true);
  const other = activation(r, b, true);
  const y = r.chance(0.2) ? randomConstant(r, other.type) : other;
  const op = r.pick(["Add", "Sub", "Mul"]);
  const [sa, sb] = [x.type.quant!.scale[0]!, y.type.quant!.scale[0]!];
  const scale = op === "Mul" ? sa * sb * r.real(10, 200) : Math.max(sa, sb) * r.real(0.4, 3);
  const result = { elem: "int8", quant: stored(r, scale) } as const;
  const attrs = clampAttributes(r, scale * 80);
  return { node: buildNode(op, [x, y], attrs, { stored: result }) };
}

/** Where functions that are not defined everywhere are. */
const domains: Readonly<Record<string, [number, number]>> = {
  Log: [0.01, 9],
  Sqrt: [0, 9],
  Asin: [-1, 1],
  Acos: [-1, 1],
  Acosh: [1, 9],
  Atanh: [-0.99, 0.99],
  Tan: [-1.5, 1.5],
};

const parameters: Readonly<Record<string, readonly string[]>> = {
  Selu: ["alpha", "gamma"],
  HardSigmoid: ["alpha", "beta"],
  Swish: ["alpha"],
  Elu: ["alpha"],
  LeakyRelu: ["alpha"],
  Celu: ["alpha"],
  ThresholdedRelu: ["alpha"],
  Shrink: ["bias", "lambd"],
};

function unaryAttributes(r: Random, op: string): Attrs {
  const given = (parameters[op] ?? []).filter(() => r.chance(0.5));
  const attrs = Object.fromEntries(given.map((name) => [name, r.real(0.1, 1.5)]));
  return op === "Gelu" && r.chance(0.5) ? { approximate: "tanh" } : attrs;
}

function storedUnary(r: Random): Sample {
  const op = r.pick(unaryNames.filter((n) => !domains[n]));
  const x = activation(r, randomShape(r), true);
  const result = { elem: "int8", quant: stored(r) } as const;
  return { node: buildNode(op, [x], unaryAttributes(r, op), { stored: result }) };
}

function rescale(r: Random): Sample {
  const [from, to] = [r.pick(["int8", "uint8"] as const), r.pick(["int8", "uint8"] as const)];
  const shape = randomShape(r);
  const typed = (elem: "int8" | "uint8", scale: number): TensorType => ({
    elem,
    shape,
    quant: perTensor(Math.fround(scale), elem === "int8" ? r.int(-128, 127) : r.int(0, 255)),
  });
  const x = typed(from, r.real(0.01, 0.1));
  const op = r.pick(["Requantize", "Clamp"]);
  const scale = x.quant!.scale[0]! * r.pick([1, 0.5, r.real(0.2, 4)]);
  const attrs = clampAttributes(r, scale * 100);
  return { node: buildNode(op, [input("", x)], attrs, { stored: typed(to, scale) }) };
}

function boundary(r: Random): Sample {
  const [elem, shape] = [r.pick(["int8", "uint8"] as const), randomShape(r)];
  const zero = elem === "int8" ? r.int(-128, 127) : r.int(0, 255);
  const quant = perTensor(r.pick([0.0078125, r.real(0.005, 0.02)]), zero);
  return r.chance(0.5)
    ? { node: buildNode("Quantize", [floatInput(shape)], {}, { stored: { elem, quant } }) }
    : { node: buildNode("Dequantize", [input("", { elem, shape, quant })]) };
}

function softmax(r: Random): Sample {
  const quantized = r.chance(0.5);
  const shape = randomShape(r, 4, 1, 8);
  const quant = perTensor(Math.fround(10 ** r.real(-3, 0.3)), r.int(-128, 127));
  const attrs = { axis: r.int(-shape.length, shape.length - 1) };
  if (!quantized) {
    const op = r.pick(["Softmax", "LogSoftmax"]);
    return { node: buildNode(op, [floatInput(shape)], attrs), range: [-6, 6] };
  }
  const result = { elem: "int8", quant: perTensor(1 / 256, -128) } as const;
  return {
    node: buildNode("Softmax", [input("", { elem: "int8", shape, quant })], attrs, {
      stored: result,
    }),
  };
}

function floatBinary(r: Random): Sample {
  const op = r.pick(["Add", "Sub", "Mul", "Div", "Pow", "Mod", "Max", "Min", "PRelu"]);
  const [a, b] = pair(r);
  const other = r.chance(0.2) ? floatConstant(r, b) : floatInput(b);
  const own = op === "Mod" ? { fmod: r.int(0, 1) } : {};
  const clamps = ["Add", "Sub", "Mul", "Div"].includes(op) ? clampAttributes(r, 1) : own;
  const node = buildNode(op, [floatInput(a), other], clamps);
  return { node, range: op === "Pow" ? [0.2, 3] : [-2, 2] };
}

function floatUnary(r: Random): Sample {
  const op = r.pick([...unaryNames, "Clamp"]);
  const attrs = op === "Clamp" ? clampAttributes(r, 1) : unaryAttributes(r, op);
  const node: Node = buildNode(op, [floatInput(randomShape(r))], attrs);
  return { node, range: domains[op] ?? [-4, 4] };
}

export const families: readonly Family[] = [
  { name: "int8 sums and products", sample: storedBinary },
  { name: "int8 functions", sample: storedUnary },
  { name: "changes of scale", sample: rescale },
  { name: "quantize and dequantize", sample: boundary },
  { name: "softmax", sample: softmax },
  { name: "float operands", sample: floatBinary },
  { name: "float functions", sample: floatUnary },
];

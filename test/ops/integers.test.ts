/** Arithmetic of plain integers of every type: the reference and C against whole numbers, wrapped. */
import { expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import {
  newArray,
  type Tensor,
  type TensorData,
  tensorOf as tensorOfNumbers,
} from "../../compiler/ir/tensor.ts";
import { type ElementType, elementBytes } from "../../compiler/ir/types.ts";
import { type Case, runBatch } from "../support/batch.ts";
import { encodeModel, type NodeInput, writeBytes } from "../support/onnx.ts";
import { compileModel } from "../support/programs.ts";
import { Random } from "../support/random.ts";

const signed: readonly ElementType[] = ["int8", "int16", "int32", "int64"];
const unsigned: readonly ElementType[] = ["uint8", "uint16", "uint32", "uint64"];

type Whole = (a: bigint, b: bigint) => bigint;

const left: Whole = (a, b) => (b === 0n ? 0n : a % b);
const floored: Whole = (a, b) => {
  if (b === 0n) return 0n;
  const rest = a % b;
  return rest === 0n || rest > 0n === b > 0n ? rest : rest + b;
};

interface Operation {
  readonly node: NodeInput;
  readonly whole: Whole;
  readonly types: readonly ElementType[];
}

const all = [...signed, ...unsigned];
const plain = (op: string, whole: Whole): Operation => ({ node: { op }, whole, types: all });
const operations: Readonly<Record<string, Operation>> = {
  Add: plain("Add", (a, b) => a + b),
  Sub: plain("Sub", (a, b) => a - b),
  Mul: plain("Mul", (a, b) => a * b),
  Div: plain("Div", (a, b) => (b === 0n ? 0n : a / b)),
  Max: plain("Max", (a, b) => (a > b ? a : b)),
  Min: plain("Min", (a, b) => (a < b ? a : b)),
  "Mod, rounded down": plain("Mod", floored),
  "Mod, truncated": { node: { op: "Mod", attrs: { fmod: 1 } }, whole: left, types: all },
  "BitShift LEFT": {
    node: { op: "BitShift", attrs: { direction: "LEFT" } },
    whole: (a, b) => (b < 0n || b > 64n ? 0n : a << b),
    types: all,
  },
  "BitShift RIGHT": {
    node: { op: "BitShift", attrs: { direction: "RIGHT" } },
    whole: (a, b) => (b < 0n || b > 64n ? (a < 0n ? -1n : 0n) : a >> b),
    types: all,
  },
};

/** The number as the type has it. */
function wrapped(x: bigint, elem: ElementType): bigint {
  const bits = 8 * elementBytes(elem);
  return elem.startsWith("u") ? BigInt.asUintN(bits, x) : BigInt.asIntN(bits, x);
}

/** Numbers at and near the ends of a type, near 0, and anywhere. */
function numbersOf(elem: ElementType, random: Random): bigint[] {
  const bits = BigInt(8 * elementBytes(elem));
  const low = elem.startsWith("u") ? 0n : -(1n << (bits - 1n));
  const high = low + (1n << bits) - 1n;
  const near = [low, low + 1n, high, high - 1n, 0n, 1n, 2n, 7n, 31n, bits - 1n, bits];
  const more = elem.startsWith("u") ? [] : [-1n, -2n, -7n];
  const any = Array.from({ length: 12 }, () => BigInt(random.int(0, 2 ** 31)) ** 3n);
  return [...near, ...more, ...any].map((x) => wrapped(x, elem));
}

function tensorOf(elem: ElementType, values: readonly bigint[]): Tensor {
  const data = newArray(elem, values.length);
  const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array;
  values.forEach((x, i) => ((data as unknown as (number | bigint)[])[i] = isBig ? x : Number(x)));
  return { elem, shape: [values.length], data: data as TensorData };
}

it.each(Object.entries(operations))(
  "%s",
  { timeout: 60_000 },
  async (_, { node, whole, types }) => {
    const random = new Random(3);
    const wanted: Tensor[] = [];
    const cases = types.map((elem): Case => {
      const values = numbersOf(elem, random);
      const pairs = values.flatMap((a) => values.map((b): [bigint, bigint] => [a, b]));
      const inputs = [0, 1].map((side) =>
        tensorOf(
          elem,
          pairs.map((p) => p[side]!),
        ),
      );
      wanted.push(
        tensorOf(
          elem,
          pairs.map(([a, b]) => wrapped(whole(a, b), elem)),
        ),
      );
      const shape = [pairs.length];
      const model = {
        inputs: ["a", "b"].map((name) => ({ name, elem, shape })),
        nodes: [{ ...node, inputs: ["a", "b"], outputs: ["y"] }],
        outputs: [{ name: "y" }],
        opset: 14,
      };
      const file = writeBytes(encodeModel(model));
      return { program: compileModel(file, { target: "host", name: `on_${elem}` }), inputs };
    });
    cases.forEach(({ program, inputs }, i) => {
      expect(evaluate(program.graph, inputs)[0]!.data).toEqual(wanted[i]!.data);
    });
    const outputs = await runBatch(cases);
    outputs.forEach(([y], i) => expect(y!.data).toEqual(wanted[i]!.data));
  },
);

it("BitCast keeps the bits", async () => {
  const values = [1, -2.5, 3.75, Number.NaN, -0, 2 ** -140];
  const x = tensorOfNumbers("float32", [6], values);
  const bits = new Int32Array(Float32Array.from(values).buffer);
  const model = {
    inputs: [{ name: "x", elem: "float32" as const, shape: [6] }],
    nodes: [{ op: "BitCast", inputs: ["x"], outputs: ["y"], attrs: { to: 6 } }],
    outputs: [{ name: "y" }],
    opset: 26,
  };
  const program = compileModel(writeBytes(encodeModel(model)), { target: "host" });
  expect(evaluate(program.graph, [x])[0]!.data).toEqual(bits);
  const [[y]] = (await runBatch([{ program, inputs: [x] }])) as [[Tensor]];
  expect(y.data).toEqual(bits);
});

it.each([
  ["float32", [-9, -8.7, 7.9, 16, 3]],
  ["int32", [-9, -8, 7, 16, 3]],
] as const)("%s to integers of 4 and 2 bits keeps the lower bits", async (elem, values) => {
  const x = tensorOfNumbers(elem, [5], values);
  const codes = { int4: 22, uint4: 21, int2: 26, uint2: 25 };
  const model = {
    inputs: [{ name: "x", elem, shape: [5] }],
    nodes: Object.entries(codes).map(([name, to]) => ({
      op: "Cast",
      inputs: ["x"],
      outputs: [name],
      attrs: { to },
    })),
    outputs: Object.keys(codes).map((name) => ({ name })),
    opset: 25,
  };
  const program = compileModel(writeBytes(encodeModel(model)), { target: "host" });
  const wanted = [
    [7, -8, 7, 0, 3],
    [7, 8, 7, 0, 3],
    [-1, 0, -1, 0, -1],
    [3, 0, 3, 0, 3],
  ];
  expect(evaluate(program.graph, [x]).map((y) => [...(y.data as Int8Array)])).toEqual(wanted);
  const [outputs] = await runBatch([{ program, inputs: [x] }]);
  expect(outputs!.map((y) => [...(y.data as Int8Array)])).toEqual(wanted);
});

/** Initialisers: raw bytes against typed fields for every type, float16, side files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { constantOf } from "../../compiler/ir/graph.ts";
import { halfToNumber } from "../../compiler/ir/half.ts";
import { type Tensor, type TensorData, tensorBytes } from "../../compiler/ir/tensor.ts";
import { type ElementType, elementTypes, integerRange, isFloat } from "../../compiler/ir/types.ts";
import { readModel } from "../../compiler/read/model.ts";
import { codes, diagnose, diagnoseModel, expectError } from "../support/failures.ts";
import {
  encodeModel,
  halfBits,
  type ModelInput,
  onnxType,
  type RawTensor,
  rawBytes,
  writeModel,
} from "../support/onnx.ts";

/** A model whose output is one initialiser, "c". */
const holding = (c: RawTensor): ModelInput => ({
  nodes: [{ op: "Identity", inputs: ["c"] }],
  inputs: [{ name: "x", elem: "float32", shape: [1] }],
  outputs: [{ name: "y" }],
  rawInitializers: [{ ...c, name: "c" }],
});

const loaded = (file: string): Tensor => {
  const { graph } = readModel(file, { report: () => {} });
  return constantOf(graph.outputs[0]!.value.node.inputs[0])!;
};

const values: Partial<Record<ElementType, readonly number[]>> = {
  float32: [0, -0, 1.5, -3.25e38, 2 ** -149, Infinity],
  float16: [0, -0, 1.5, -65504, 2 ** -24, 2 ** -14, Infinity, 1 / 3 - ((1 / 3) % 2 ** -12)],
  float64: [0, Math.PI, -1e300, 5e-324],
  bool: [0, 1, 1, 0],
};

const isNarrow = (elem: ElementType): boolean => /int[24]$/.test(elem);

function sample(elem: ElementType): Tensor {
  const [low, high] = isFloat(elem) ? [0, 0] : integerRange(elem);
  const list = values[elem] ?? [0, 1, low, high, isNarrow(elem) ? 1 : 77];
  const is64 = elem.endsWith("int64");
  const wide = [0n, 1n, 2n ** 53n + 1n, elem === "int64" ? -(2n ** 63n) : 2n ** 64n - 1n];
  const data = is64
    ? (elem === "int64" ? BigInt64Array : BigUint64Array).from(wide)
    : {
        float64: Float64Array,
        bool: Uint8Array,
        int8: Int8Array,
        uint8: Uint8Array,
        int16: Int16Array,
        uint16: Uint16Array,
        int32: Int32Array,
        uint32: Uint32Array,
        float32: Float32Array,
        float16: Float32Array,
        int4: Int8Array,
        uint4: Uint8Array,
        int2: Int8Array,
        uint2: Uint8Array,
      }[elem as "float32"].from(list);
  return { elem, shape: [data.length], data: data as TensorData };
}

/** The field that ONNX's specification names for each type. */
const fields: Record<ElementType, string> = {
  float32: "floatData",
  float64: "doubleData",
  int64: "int64Data",
  uint64: "uint64Data",
  uint32: "uint64Data",
  ...Object.fromEntries(
    [
      ...["float16", "int8", "uint8", "int16", "uint16", "int32", "bool"],
      ...["int4", "uint4", "int2", "uint2"],
    ].map((t) => [t, "int32Data"]),
  ),
} as Record<ElementType, string>;

function typedNumbers(tensor: Tensor): unknown[] {
  const { elem, data } = tensor;
  if (isNarrow(elem)) return [...rawBytes(tensor)];
  return Array.from(data as ArrayLike<unknown>, (x) =>
    elem === "float16" ? halfBits(x as number) : typeof x === "bigint" ? x.toString() : x,
  );
}

describe.each([...elementTypes])("%s", (elem) => {
  const tensor = sample(elem);
  const head = { name: "c", dims: tensor.shape, dataType: onnxType[elem] };

  it("as raw bytes", () => {
    expect(loaded(writeModel(holding({ ...head, rawData: rawBytes(tensor) })))).toEqual(tensor);
  });
  it("in its typed field", () => {
    const typed = holding({ ...head, [fields[elem]]: typedNumbers(tensor) });
    expect(loaded(writeModel(typed))).toEqual(tensor);
  });
  it("with too few numbers", () => {
    const short = { ...head, [fields[elem]]: typedNumbers(tensor).slice(1) };
    expectError(diagnoseModel(holding(short)), 2011, /'c' has \d+ numbers, but its shape/);
  });
  it("with too few bytes", () => {
    const short = { ...head, rawData: rawBytes(tensor).subarray(1) };
    expectError(diagnoseModel(holding(short)), 2011, /'c' has \d+ bytes of data/);
  });
});

it("every binary16 number", () => {
  for (let bits = 0; bits < 65536; bits++) {
    const x = halfToNumber(bits);
    if (!Number.isNaN(x) && Number.isFinite(x)) expect(halfBits(x)).toBe(bits);
  }
  expect(halfToNumber(0x7bff)).toBe(65504);
  expect(halfToNumber(0x3555)).toBeCloseTo(1 / 3, 3);
});

it.each(["string", "bfloat16"] as const)("a tensor of type %s", (type) => {
  const c = { name: "c", dims: [1], dataType: onnxType[type] };
  expectError(diagnoseModel(holding(c)), 2011, new RegExp(`has the type ${type}`));
});

it.each([[[-1]], [[2, -3]]])("a shape %j", (dims) => {
  const c = { name: "c", dims, dataType: 1 };
  expectError(diagnoseModel(holding(c)), 2011, /has the shape \[/);
});

// ---- side files ----

const numbers = Float32Array.of(1, 2, 3, 4);
const entries = (list: Record<string, string | number>) =>
  Object.entries(list).map(([key, value]) => ({ key, value: String(value) }));
const external = (list: Record<string, string | number>): RawTensor => ({
  name: "c",
  dims: [4],
  dataType: 1,
  dataLocation: 1,
  externalData: entries(list),
});

/** The model in a folder of its own, with `weights.bin`: 8 bytes and then the numbers. */
function inFolder(c: RawTensor): string {
  const outer = mkdtempSync(join(tmpdir(), "mote-external-"));
  onTestFinished(() => rmSync(outer, { recursive: true }));
  const folder = join(outer, "model");
  mkdirSync(join(folder, "deep"), { recursive: true });
  const bytes = Buffer.concat([
    Buffer.alloc(8),
    tensorBytes({ ...sample("float32"), data: numbers }),
  ]);
  for (const at of [outer, folder, join(folder, "deep")])
    writeFileSync(join(at, "weights.bin"), bytes);
  writeFileSync(join(folder, "m.onnx"), encodeModel(holding(c)));
  return join(folder, "m.onnx");
}

describe("external data", () => {
  it.each([
    "weights.bin",
    "deep/weights.bin",
    "./weights.bin",
    "deep/../weights.bin",
  ])("at %s", (location) => {
    const file = inFolder(external({ location, offset: 8, length: 16 }));
    expect(loaded(file).data).toEqual(numbers);
  });
  it("without a length", () => {
    const file = inFolder(external({ location: "weights.bin", offset: 8 }));
    expect(loaded(file).data).toEqual(numbers);
  });

  const bad: readonly [string, Record<string, string | number>, RegExp][] = [
    ["missing file", { location: "none.bin" }, /'none.bin', which is no file/],
    ["above the folder", { location: "../weights.bin", offset: 8 }, /outside the model's folder/],
    ["above by a detour", { location: "deep/../../weights.bin" }, /outside the model's folder/],
    ["absolute", { location: "/etc/passwd" }, /outside the model's folder/],
    ["no location", { offset: 8 }, /names no side file/],
    ["longer than the file", { location: "weights.bin", offset: 12, length: 16 }, /takes bytes 12/],
    ["beyond the file", { location: "weights.bin", offset: 1e14 }, /takes bytes/],
    ["negative offset", { location: "weights.bin", offset: -8, length: 16 }, /offset '-8'/],
    ["no number", { location: "weights.bin", offset: "x" }, /offset 'x'/],
    ["length of another shape", { location: "weights.bin", length: 8 }, /8 bytes of data/],
    ["a fraction", { location: "weights.bin", offset: 0.5, length: 16 }, /offset '0.5'/],
    ["a folder", { location: "deep" }, /'deep'/],
  ];
  it.each(bad)("%s", (_, list, says) => {
    expectError(diagnose(inFolder(external(list))), 2011, says);
  });
  it("in an attribute", () => {
    const value = { ...external({ location: "none.bin" }), name: "" };
    const model = holding({ name: "c", dims: [1], dataType: 1, floatData: [1] });
    const nodes = [
      {
        op: "ConstantOfShape",
        inputs: ["c"],
        rawAttributes: [{ name: "value", type: 4, t: value }],
      },
    ];
    expect(codes(diagnoseModel({ ...model, nodes })).length).toBe(1);
  });
});

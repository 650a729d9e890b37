/** Calibration files that do not fit: coded errors. */
import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { codes, diagnose, expectError } from "../support/failures.ts";
import { npyBytes } from "../support/npy.ts";
import { type ModelInput, writeBytes, writeModel } from "../support/onnx.ts";
import { Random } from "../support/random.ts";

const model: ModelInput = {
  nodes: [
    { op: "Add", inputs: ["left", "right"], outputs: ["s"] },
    { op: "Tanh", inputs: ["s"] },
  ],
  inputs: [
    { name: "left", elem: "float32", shape: [1, 4] },
    { name: "right", elem: "float32", shape: [1, 4] },
  ],
  outputs: [{ name: "y" }],
};
const two = writeModel(model);
const one = writeModel({
  ...model,
  nodes: [{ op: "Tanh", inputs: ["left"] }],
  inputs: model.inputs!.slice(0, 1),
});

const random = new Random(31);
const array = (...shape: number[]): Uint8Array => {
  const count = shape.reduce((a, b) => a * b, 1);
  return npyBytes(Float32Array.from(random.list(count)), shape);
};
const npy = (bytes: Uint8Array) => writeBytes(bytes, "c.npy");
const npz = (arrays: Record<string, Uint8Array>) => {
  const files = Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes]);
  return writeBytes(zipSync(Object.fromEntries(files)), "c.npz");
};
const calibrated = (file: string, calib: string) => diagnose(file, { quantize: "int8", calib });

describe("good files", () => {
  it.each([[[5, 4]], [[5, 1, 4]]])("samples of shape %j", (shape) => {
    expect(calibrated(one, npy(array(...shape)))).toEqual([]);
  });
  it("a .npz that names the inputs, in any order", () => {
    expect(calibrated(two, npz({ right: array(3, 4), left: array(3, 1, 4) }))).toEqual([]);
  });
  it("a .npz of other names, in the inputs' order", () => {
    expect(calibrated(two, npz({ arr_0: array(3, 4), arr_1: array(3, 4) }))).toEqual([]);
  });
});

it("int8 without samples says what to give", () => {
  const said = diagnose(one, { quantize: "int8" });
  expectError(said, 3001, /by sample inputs, and none were given/);
  expect(said[0]!.help).toContain("--calib");
});

it("numbers that overflow inside the network do not decide its ranges", () => {
  const overflowing = writeModel({
    ...model,
    nodes: [
      { op: "Exp", inputs: ["left"], outputs: ["e"] },
      { op: "Tanh", inputs: ["e"] },
    ],
    inputs: model.inputs!.slice(0, 1),
  });
  const samples = npyBytes(Float32Array.of(1, 2, 1000, 3), [1, 4]);
  expect(calibrated(overflowing, npy(samples))).toEqual([]);
});

it("a file that is not there", () => {
  expectError(calibrated(one, "/nowhere.npy"), 1001, /does not exist/);
});

describe("files that are no arrays", () => {
  const good = array(5, 4);
  const text = (bytes: Uint8Array, from: string, to: string) =>
    Buffer.from(Buffer.from(bytes).toString("latin1").replace(from, to), "latin1");
  it.each([
    ["text", strToU8("1, 2, 3")],
    ["empty", new Uint8Array()],
    ["cut in the header", good.subarray(0, 40)],
    ["cut in the numbers", good.subarray(0, good.length - 1)],
    ["big-endian", text(good, "<f4", ">f4")],
    ["of complex numbers", text(good, "<f4", "<c8")],
    ["of a huge shape", text(good, "(5, 4)", "(5000000000, 4)")],
  ])("%s", (_, bytes) => {
    expect(codes(calibrated(one, npy(bytes)))).toEqual([3002]);
  });
  it("a .npz that is no archive", () => {
    expect(codes(calibrated(one, writeBytes(good, "c.npz")))).toEqual([3002]);
  });
  it("a damaged array in a .npz", () => {
    expect(codes(calibrated(one, npz({ left: good.subarray(0, 60) })))).toEqual([3002]);
  });
  it.each([Number.NaN, Infinity, -Infinity])("with %d among the numbers", (odd) => {
    const bytes = npyBytes(Float32Array.of(1, 2, odd, 4), [1, 4]);
    expectError(calibrated(one, npy(bytes)), 3002, /not finite/);
  });
});

describe("files that do not fit the model", () => {
  it.each([[[5, 3]], [[4]], [[5, 4, 1]], [[5, 2, 2]], [[0, 4]], [[]]])("shape %j", (shape) => {
    const said = calibrated(one, npy(array(...shape)));
    expectError(said, 3003, /input 'left' takes \[1, 4\]/);
  });
  it("one array for two inputs", () => {
    expectError(calibrated(two, npy(array(5, 4))), 3004, /no array for the input 'left'/);
  });
  it("one right name and one wrong", () => {
    const said = calibrated(two, npz({ right: array(3, 4), lefd: array(3, 4) }));
    expectError(said, 3004, /no array for the input 'left'/);
    expect(said[0]!.help).toContain("'lefd'");
  });
  it("different numbers of samples", () => {
    const said = calibrated(two, npz({ left: array(3, 4), right: array(4, 4) }));
    expectError(said, 3005, /different numbers of samples/);
  });
});

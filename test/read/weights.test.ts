/** Weights by name from each kind of file, and how Keras' become ours. */
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { MoteError } from "../../compiler/diagnostics.ts";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { elementCount, type Shape } from "../../compiler/ir/types.ts";
import type { ParameterRole } from "../../compiler/language/operators/operator.ts";
import { packagePath } from "../../compiler/paths.ts";
import { writeSafetensors } from "../../compiler/read/safetensors.ts";
import { openWeights } from "../../compiler/read/weights.ts";
import { layoutOf } from "../../compiler/read/weights-layout.ts";
import { modelFile } from "../support/models.ts";
import { npyBytes } from "../support/npy.ts";
import { encodeModel, type ModelInput, type RawTensor, writeBytes } from "../support/onnx.ts";
import { Random } from "../support/random.ts";
import { f32, i64 } from "../support/tensors.ts";

const dataFile = (name: string) => packagePath("test", "read", "data", name);
const loaded = (file: string): Map<string, Tensor> =>
  new Map([...openWeights(file).tensors].map(([name, stored]) => [name, stored.load()]));

const counted = (...shape: number[]): Tensor =>
  tensorOf("float32", shape, [...Array(elementCount(shape)).keys()]);

const model = (more: Partial<ModelInput>): Uint8Array =>
  encodeModel({
    nodes: [{ op: "Relu", inputs: ["x"] }],
    inputs: [{ name: "x", elem: "float32", shape: [1] }],
    outputs: [{ name: "y", elem: "float32", shape: [1] }],
    ...more,
  });

describe("tensors by name", () => {
  it("from .safetensors, with metadata", () => {
    const tensors = new Map([["fc.weight", counted(2, 3)]]);
    const bytes = writeSafetensors(tensors, new Map([["format", "pt"]]));
    const opened = openWeights(writeBytes(bytes, "net.safetensors"));
    expect(opened.metadata).toEqual(new Map([["format", "pt"]]));
    expect(opened.tensors.get("fc.weight")!.load()).toEqual(counted(2, 3));
  });

  it("from .npz, compressed by NumPy", () => {
    expect(loaded(dataFile("keras.npz"))).toEqual(
      new Map([
        ["stem/conv/kernel:0", counted(1, 2, 2, 3)],
        ["stem/conv/bias:0", f32(0, 1, 2)],
      ]),
    );
  });

  it("from .onnx, its initialisers", () => {
    const initializers = {
      w: counted(2, 2),
      n: i64(7, -8),
      h: tensorOf("float16", [2], [0.5, 3]),
    };
    const file = writeBytes(model({ initializers }), "weights.onnx");
    expect(Object.fromEntries(loaded(file))).toEqual(initializers);
    expect(openWeights(file).tensors.get("h")).toMatchObject({ elem: "float16", shape: [2] });
  });

  it("from a bundled model", () => {
    const tensors = [...openWeights(modelFile("kws")).tensors.values()];
    expect(tensors.length).toBeGreaterThan(10);
    for (const { elem, shape, load } of tensors) expect(load()).toMatchObject({ elem, shape });
  });
});

const npy = (name = "a.npy") => ({ [name]: npyBytes(Float32Array.of(1, 2), [2]) });

/** A .npz whose directory claims that its only array unpacks to `bytes`. */
function claiming(bytes: number): Uint8Array {
  const zip = Buffer.from(zipSync(npy()));
  zip.writeUInt32LE(bytes, zip.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24);
  return zip;
}

/** A .npz of arrays "a" and "b" whose names become `name`. */
function renamed(name: string): Uint8Array {
  const zip = Buffer.from(
    zipSync({ ...npy("a".repeat(name.length)), ...npy("b".repeat(name.length)) }),
  );
  const text = zip.toString("latin1").replaceAll(/([ab])\1{4,}/g, name);
  return Buffer.from(text, "latin1");
}

const external = (value: string): readonly RawTensor[] => [
  {
    name: "w",
    dims: [1],
    dataType: 1,
    dataLocation: 1,
    externalData: [{ key: "location", value }],
  },
];

describe("what is no file of weights:", () => {
  it.each<[string, string, Uint8Array, number, RegExp]>([
    ["another kind", "net.pt", npyBytes(f32(1).data as Float32Array, [1]), 2120, /Unknown kind/],
    ["no kind", "weights", new Uint8Array(), 2120, /Unknown kind/],
    ["an empty .safetensors", "a.safetensors", new Uint8Array(), 2121, /is not a .safetensors/],
    ["an empty .npz", "a.npz", new Uint8Array(), 2121, /is not a .npz/],
    ["a .npy in .npz's clothes", "a.npz", npyBytes(new Float32Array(9), [9]), 2121, /not a .npz/],
    ["a text in a .npz", "a.npz", zipSync({ "a.txt": Buffer.from("hello") }), 2121, /not a .npy/],
    ["a zip bomb", "a.npz", claiming(2 ** 31), 2121, /unpacks to more than 2147483647 bytes/],
    ["an array twice", "a.npz", renamed("twice"), 2121, /two arrays named 'twice'/],
    ["an array __proto__", "a.npz", renamed("__proto__"), 2121, /an array named '__proto__'/],
    ["a damaged .onnx", "a.onnx", Buffer.from("hello"), 2001, /Not an ONNX model/],
    [
      "a text in a .onnx",
      "a.onnx",
      model({ rawInitializers: [{ name: "s", dims: [0], dataType: 8 }] }),
      2011,
      /'s' has the type string/,
    ],
    [
      "a negative size",
      "a.onnx",
      model({ rawInitializers: [{ name: "w", dims: [-1], dataType: 1 }] }),
      2011,
      /'w' has the shape \[-1\]/,
    ],
    [
      "a huge tensor",
      "a.onnx",
      model({ rawInitializers: [{ name: "w", dims: [1e9], dataType: 1 }] }),
      2011,
      /'w' would take 4000000000/,
    ],
    [
      "missing numbers",
      "a.onnx",
      model({ rawInitializers: [{ name: "w", dims: [2], dataType: 1 }] }),
      2011,
      /'w' has 0 numbers/,
    ],
    [
      "a side file outside",
      "a.onnx",
      model({ rawInitializers: external("../w.bin") }),
      2011,
      /outside the model's folder/,
    ],
    [
      "no side file",
      "a.onnx",
      model({ rawInitializers: external("none.bin") }),
      2011,
      /is no file/,
    ],
    [
      "a name twice",
      "a.onnx",
      model({
        initializers: { w: f32(1) },
        rawInitializers: [{ name: "w", dims: [1], dataType: 1, floatData: [1] }],
      }),
      2007,
      /'w' is made twice/,
    ],
  ])("%s", (_, name, bytes, code, text) => {
    expectError(writeBytes(bytes, name), code, text);
  });

  it("none at all, or a folder", () => {
    expectError("no/such.safetensors", 1001, /does not exist/);
    expectError("no/such.npz", 1001, /does not exist/);
    expectError("no/such.onnx", 1001, /does not exist/);
    expectError(packagePath("test"), 2120, /Unknown kind/);
  });
});

function expectError(file: string, code: number, text: RegExp): void {
  try {
    loaded(file);
  } catch (problem) {
    if (!(problem instanceof MoteError)) throw problem;
    expect(problem.diagnostics.map((d) => d.code)).toEqual([code]);
    expect(problem.diagnostics[0]!.text).toMatch(text);
    return;
  }
  expect.fail("no error");
}

const mutations = process.env.MOTE_SOAK === "1" ? 20_000 : 1000;

it(`${mutations} mutations of a .npz are tensors or coded errors`, { timeout: 1e6 }, () => {
  const random = new Random(63);
  const good = zipSync({ ...npy(), ...npy("b.npy") });
  const counts = { read: 0, refused: 0 };
  for (let i = 0; i < mutations; i++) {
    const bytes = new Uint8Array(good);
    for (let k = random.int(1, 3); k > 0; k--)
      bytes[random.int(0, bytes.length - 1)] = random.int(0, 255);
    try {
      for (const { shape, data } of loaded(writeBytes(bytes, "mutated.npz")).values())
        expect(data.length).toBe(elementCount(shape));
      counts.read++;
    } catch (problem) {
      if (!(problem instanceof MoteError)) throw problem;
      expect(problem.diagnostics.map((d) => d.code)).toEqual([2121]);
      counts.refused++;
    }
  }
  expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(mutations / 20);
});

describe("Keras' names", () => {
  it.each([
    ["stem/conv/kernel:0", "stem.conv.weight"],
    ["stem.conv.kernel", "stem.conv.weight"],
    ["dw/depthwise_kernel:0", "dw.weight"],
    ["bn/gamma:0", "bn.weight"],
    ["bn/beta", "bn.bias"],
    ["bn/moving_mean:0", "bn.running_mean"],
    ["bn/moving_variance:0", "bn.running_var"],
    ["fc/bias:0", "fc.bias"],
    ["kernel", "weight"],
    ["kernel/alpha:0", "kernel.alpha"],
    ["toString", "toString"],
  ])("%s is %s", (stored, ours) => {
    expect(layoutOf("tensorflow").ourName(stored)).toBe(ours);
    expect(layoutOf("pytorch").ourName(stored)).toBe(stored);
  });
});

/** The element of a row-major tensor. */
const element = (t: Tensor, ...position: number[]): number =>
  Number(t.data[position.reduce((at, p, axis) => at * t.shape[axis]! + p, 0)]);

describe("Keras' order of axes", () => {
  const specOf = (role: ParameterRole, shape: Shape) => ({ name: "", axis: 0, role, shape });
  const toOurs = (stored: Tensor, role: ParameterRole, shape: Shape) =>
    layoutOf("tensorflow").toOurs(stored, specOf(role, shape));

  it("of a convolution: [kh, kw, in, out] → [out, in, kh, kw]", () => {
    const [stored, ours] = both(counted(2, 3, 4, 5), "filter", [5, 4, 2, 3]);
    each([2, 3, 4, 5], (y, x, i, o) =>
      expect(element(ours, o!, i!, y!, x!)).toBe(element(stored, y!, x!, i!, o!)),
    );
  });

  it("of one along time: [k, in, out] → [out, in, k]", () => {
    const [stored, ours] = both(counted(3, 4, 5), "filter", [5, 4, 3]);
    each([3, 4, 5], (k, i, o) =>
      expect(element(ours, o!, i!, k!)).toBe(element(stored, k!, i!, o!)),
    );
  });

  it("of a depthwise one: [kh, kw, c, m] → [c · m, 1, kh, kw]", () => {
    const [stored, ours] = both(counted(2, 3, 4, 5), "depthwise", [20, 1, 2, 3]);
    each([2, 3, 4, 5], (y, x, c, m) =>
      expect(element(ours, c! * 5 + m!, 0, y!, x!)).toBe(element(stored, y!, x!, c!, m!)),
    );
  });

  it("of a depthwise one along time: [k, c, m] → [c · m, 1, k]", () => {
    const [stored, ours] = both(counted(3, 4, 2), "depthwise", [8, 1, 3]);
    each([3, 4, 2], (k, c, m) =>
      expect(element(ours, c! * 2 + m!, 0, k!)).toBe(element(stored, k!, c!, m!)),
    );
  });

  it("of a depthwise one kept as one in groups: [kh, kw, 1, out]", () => {
    const [stored, ours] = both(counted(2, 3, 1, 6), "depthwise", [6, 1, 2, 3]);
    each([2, 3, 1, 6], (y, x, _, o) =>
      expect(element(ours, o!, 0, y!, x!)).toBe(element(stored, y!, x!, 0, o!)),
    );
  });

  it("of a dense layer: [in, out] → [out, in], as a convolution, too", () => {
    const [stored, ours] = both(counted(3, 4), "matrix", [4, 3]);
    const [, filter] = both(counted(3, 4), "filter", [4, 3, 1, 1]);
    const [, matrix] = both(counted(1, 1, 3, 4), "matrix", [4, 3]);
    each([3, 4], (i, o) => expect(element(ours, o!, i!)).toBe(element(stored, i!, o!)));
    expect([filter.data, matrix.data]).toEqual([ours.data, ours.data]);
  });

  it.each(["bias", "scale", "mean", "variance"] as const)("of a %s stays", (role) => {
    expect(toOurs(counted(4), role, [4])).toEqual(counted(4));
  });

  it("leaves a wrong shape for the caller to refuse", () => {
    expect(toOurs(counted(2, 3, 4, 5), "filter", [5, 4, 3, 2]).shape).toEqual([5, 4, 2, 3]);
    expect(toOurs(counted(4), "filter", [5, 4, 3, 2]).shape).toEqual([4]);
    expect(toOurs(counted(4), "matrix", [2, 2]).shape).toEqual([4]);
    expect(toOurs(tensorOf("float32", [], [1]), "depthwise", [1, 1, 3, 3]).shape).toEqual([]);
  });

  it("keeps the type", () => {
    const ours = toOurs(tensorOf("int8", [2, 1], [1, -2]), "matrix", [1, 2]);
    expect(ours).toEqual(tensorOf("int8", [1, 2], [1, -2]));
    expect(toOurs(i64(1, 2), "matrix", [1, 2])).toMatchObject({ elem: "int64", shape: [1, 2] });
  });

  it("PyTorch's is ours", () => {
    const stored = counted(2, 3);
    expect(layoutOf("pytorch").toOurs(stored, specOf("matrix", [3, 2]))).toBe(stored);
  });

  function both(stored: Tensor, role: "filter" | "depthwise" | "matrix", wanted: Shape) {
    const ours = toOurs(stored, role, wanted);
    expect(ours.shape).toEqual(wanted);
    return [stored, ours] as const;
  }
});

/** Calls `visit` with every position in the shape. */
function each(shape: Shape, visit: (...position: number[]) => void): void {
  for (let i = 0; i < elementCount(shape); i++) {
    let rest = i;
    const position = shape.toReversed().map((d) => {
      const at = rest % d;
      rest = Math.floor(rest / d);
      return at;
    });
    visit(...position.toReversed());
  }
}

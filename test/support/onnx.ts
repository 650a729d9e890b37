/** Builds small ONNX models and encodes them, by the schema that mote reads them with. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import protobuf from "protobufjs";
import { type Tensor, tensorBytes } from "../../compiler/ir/tensor.ts";
import type { ElementType } from "../../compiler/ir/types.ts";
import { packagePath } from "../../compiler/paths.ts";
import { mutated, type Plain } from "./mutate.ts";
import type { Random } from "./random.ts";

/** ONNX's numbers of element types. */
export const onnxType: Record<ElementType | "string" | "bfloat16", number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  uint4: 21,
  int4: 22,
  uint2: 25,
  int2: 26,
  bfloat16: 16,
};

export type AttrInput =
  | number
  | string
  | readonly number[]
  | Tensor
  | { float: number }
  | { floats: readonly number[] }
  | { strings: readonly string[] };

export interface NodeInput {
  readonly op: string;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly attrs?: Readonly<Record<string, AttrInput>>;
  readonly name?: string;
  readonly domain?: string;
  /** AttributeProtos as they stand. */
  readonly rawAttributes?: readonly object[];
}

export interface ValueInput {
  readonly name: string;
  readonly elem?: keyof typeof onnxType;
  /** A text is a symbolic dimension; no shape at all leaves it unknown. */
  readonly shape?: readonly (number | string)[];
}

/** Fields of TensorProto beyond those that a tensor fills, such as external data. */
export type RawTensor = Record<string, unknown> & { readonly name: string };

export interface ModelInput {
  readonly nodes: readonly NodeInput[];
  readonly inputs?: readonly ValueInput[];
  readonly outputs: readonly ValueInput[];
  readonly initializers?: Readonly<Record<string, Tensor>>;
  readonly rawInitializers?: readonly RawTensor[];
  readonly opset?: number;
  readonly opsets?: readonly { domain: string; version: number }[];
  readonly name?: string;
  /** FunctionProtos as they stand. */
  readonly functions?: readonly object[];
}

const schema = protobuf.loadSync(packagePath("compiler", "read", "onnx", "onnx.proto"));
const modelType = schema.lookupType("onnx.ModelProto");
const tensorType = schema.lookupType("onnx.TensorProto");

/** The integer part of a binary16 encoding, for numbers that it holds exactly. */
export function halfBits(x: number): number {
  if (x === 0) return Object.is(x, -0) ? 0x8000 : 0;
  const sign = x < 0 ? 0x8000 : 0;
  if (!Number.isFinite(x)) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(x))));
  const scaled = Math.abs(x) / 2 ** exponent;
  const isNormal = scaled >= 1;
  const fraction = Math.round((isNormal ? scaled - 1 : scaled) * 1024);
  return sign | ((isNormal ? exponent + 15 : 0) << 10) | fraction;
}

/** Several elements a byte, the first in its lowest bits. */
function packed(t: Tensor, bits: number): Uint8Array {
  const each = 8 / bits;
  return Uint8Array.from({ length: Math.ceil(t.data.length / each) }, (_, byte) => {
    const fields = Array.from(t.data.subarray(byte * each, (byte + 1) * each), Number);
    return fields.reduce((sum, x, i) => sum + (x & (2 ** bits - 1)) * 2 ** (bits * i), 0);
  });
}

export function rawBytes(t: Tensor): Uint8Array {
  const narrow = /int([24])$/.exec(t.elem);
  if (narrow) return packed(t, Number(narrow[1]));
  if (t.elem !== "float16") return tensorBytes(t);
  const bits = Uint16Array.from(t.data as Float32Array, halfBits);
  return new Uint8Array(bits.buffer);
}

export const tensorProto = (name: string, t: Tensor): RawTensor => ({
  name,
  dims: t.shape,
  dataType: onnxType[t.elem],
  rawData: rawBytes(t),
});

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function attributeProto(name: string, value: AttrInput): object {
  if (typeof value === "string") return { name, type: 3, s: utf8(value) };
  if (typeof value === "number")
    return Number.isInteger(value) ? { name, type: 2, i: value } : { name, type: 1, f: value };
  if (Array.isArray(value)) return { name, type: 7, ints: value };
  if ("float" in value) return { name, type: 1, f: value.float };
  if ("floats" in value) return { name, type: 6, floats: value.floats };
  if ("strings" in value) return { name, type: 8, strings: value.strings.map(utf8) };
  return { name, type: 4, t: tensorProto("", value as Tensor) };
}

/** Without element type and shape, the type is left for readers to infer. */
const valueProto = ({ name, elem, shape }: ValueInput) => ({
  name,
  ...((elem || shape) && typeProto(elem ?? "float32", shape)),
});

const typeProto = (elem: keyof typeof onnxType, shape: ValueInput["shape"]) => ({
  type: {
    tensorType: {
      elemType: onnxType[elem],
      ...(shape && {
        shape: {
          dim: shape.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d })),
        },
      }),
    },
  },
});

const nodeProto = ({ op, inputs, outputs, attrs, name, domain, ...more }: NodeInput) => ({
  opType: op,
  name: name ?? "",
  domain: domain ?? "",
  input: inputs ?? [],
  output: outputs ?? ["y"],
  attribute: [
    ...Object.entries(attrs ?? {}).map(([key, value]) => attributeProto(key, value)),
    ...(more.rawAttributes ?? []),
  ],
});

export const encodeTensor = (t: Tensor): Uint8Array =>
  tensorType.encode(tensorType.fromObject(tensorProto("", t))).finish();

export function encodeModel(model: ModelInput): Uint8Array {
  const { opset = 13 } = model;
  const domains = new Set(model.nodes.flatMap(({ domain }) => domain ?? []));
  const others = [...domains].map((domain) => ({ domain, version: 1 }));
  const opsets = model.opsets ?? [{ domain: "", version: opset }, ...others];
  const graph = {
    name: model.name ?? "test",
    node: model.nodes.map(nodeProto),
    input: (model.inputs ?? []).map(valueProto),
    output: model.outputs.map(valueProto),
    initializer: [
      ...Object.entries(model.initializers ?? {}).map(([name, t]) => tensorProto(name, t)),
      ...(model.rawInitializers ?? []),
    ],
  };
  const { functions = [] } = model;
  const message = { irVersion: 8, opsetImport: opsets, graph, functions };
  return modelType.encode(modelType.fromObject(message)).finish();
}

/** A model with one change, as far as its schema takes it. */
export function mutatedModel(bytes: Uint8Array, random: Random): Uint8Array {
  const options = { longs: String, bytes: Uint8Array };
  const plain = modelType.toObject(modelType.decode(bytes), options) as Plain;
  const changed = mutated(plain, random) as Record<string, Plain>;
  return modelType.encode(modelType.fromObject(changed)).finish();
}

const folder = mkdtempSync(join(tmpdir(), "mote-onnx-"));
let written = 0;

/** A file with these bytes in a folder of this run. */
export function writeBytes(bytes: Uint8Array, name = `model${written++}.onnx`): string {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

export const writeModel = (model: ModelInput): string => writeBytes(encodeModel(model));

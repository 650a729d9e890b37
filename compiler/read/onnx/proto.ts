/** The ONNX file's messages, as the protobuf library decodes them. */
import protobuf from "protobufjs";
import { packagePath } from "../../paths.ts";

/** A 64-bit integer: a number, or the library's Long. */
export type Int64 = number | { toString(): string; toNumber(): number };

export interface TensorProto {
  readonly dims: readonly Int64[];
  readonly dataType: number;
  readonly name: string;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly Int64[];
  readonly uint64Data: readonly Int64[];
  readonly doubleData: readonly number[];
  readonly rawData: Uint8Array;
  readonly dataLocation: number;
  readonly externalData: readonly { readonly key: string; readonly value: string }[];
}

export interface AttributeProto {
  readonly name: string;
  readonly type: number;
  readonly f: number;
  readonly i: Int64;
  readonly s: Uint8Array;
  readonly t: TensorProto | null;
  readonly g: GraphProto | null;
  /** In a function: the attribute of the call that it stands for. */
  readonly refAttrName: string;
  readonly floats: readonly number[];
  readonly ints: readonly Int64[];
  readonly strings: readonly Uint8Array[];
}

export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly attribute: readonly AttributeProto[];
  /** Opsets by domain, where they are not the model's: those of a function. */
  readonly opsets?: ReadonlyMap<string, number>;
}

export interface FunctionProto {
  readonly name: string;
  readonly domain: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  /** Attributes that a call may leave out. */
  readonly attributeProto: readonly AttributeProto[];
  readonly node: readonly NodeProto[];
  readonly opsetImport: readonly { readonly domain: string; readonly version: Int64 }[];
}

export interface DimensionProto {
  readonly dimValue?: Int64;
  readonly dimParam?: string;
}

export interface ValueInfoProto {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly DimensionProto[] } | null;
    } | null;
  } | null;
}

export interface GraphProto {
  readonly name: string;
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly sparseInitializer: readonly unknown[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
  readonly valueInfo: readonly ValueInfoProto[];
}

export interface ModelProto {
  readonly graph: GraphProto | null;
  readonly functions: readonly FunctionProto[];
  readonly opsetImport: readonly { readonly domain: string; readonly version: Int64 }[];
}

let messages: protobuf.Root | undefined;

const decode = (type: string, bytes: Uint8Array): unknown => {
  messages ??= protobuf.loadSync(packagePath("compiler", "read", "onnx", "onnx.proto"));
  return messages.lookupType(type).decode(bytes);
};

/** @throws Error when the bytes are no such message (truncated, or something else). */
export const decodeModel = (bytes: Uint8Array): ModelProto =>
  decode("onnx.ModelProto", bytes) as ModelProto;

/** @throws Error when the bytes are no such message. */
export const decodeTensor = (bytes: Uint8Array): TensorProto =>
  decode("onnx.TensorProto", bytes) as TensorProto;

export const toNumber = (x: Int64): number => (typeof x === "number" ? x : x.toNumber());
export const toBigInt = (x: Int64): bigint => BigInt(x.toString());
/** The library gives a field that is left out as an empty array. */
export const toText = (bytes: ArrayLike<number>): string =>
  new TextDecoder().decode(Uint8Array.from(bytes));

/** What an operator is: one object that says all that the stages need to know about it. */
import { type Attrs, type AttrValue, constantOf, type Node, type Value } from "../ir/graph.ts";
import type { Tensor } from "../ir/tensor.ts";
import {
  type ElementType,
  elementTypes,
  type Quantization,
  type Shape,
  type TensorType,
} from "../ir/types.ts";
import type { Profile } from "./numerics.ts";
import type { RowsRead } from "./rows.ts";

/** A node whose inputs, attributes or types break the operator's rules; `text` is one sentence. */
export class OperatorError extends Error {}

export function fail(text: string): never {
  throw new OperatorError(text);
}

export type AttrType = "int" | "float" | "string" | "ints" | "floats" | "strings" | "tensor";
/** A flag is an int, 0 or 1; a list stands for the texts that a string may be. */
export type AttrKind = AttrType | "flag" | readonly string[];

export function attrType(kind: AttrKind): AttrType {
  if (typeof kind !== "string") return "string";
  return kind === "flag" ? "int" : kind;
}

const flags: readonly AttrValue[] = [0, 1];

/** Flags are 0 or 1, and texts that are to be of a list are. */
export function checkChoices(schema: Operator["attrs"], attrs: Attrs): void {
  for (const [name, value] of Object.entries(attrs)) {
    const kind = Object.hasOwn(schema, name) ? schema[name]! : "tensor";
    const choices = kind === "flag" ? flags : kind;
    if (typeof choices !== "string" && !(choices as readonly AttrValue[]).includes(value))
      fail(`unknown ${name} '${value}': it is one of ${choices.join(", ")}`);
  }
}

/** What type inference may look at. */
export interface InferContext {
  readonly inputs: readonly (TensorType | undefined)[];
  readonly attrs: Attrs;
  /** How many outputs the node has; some operators have as many as are asked for. */
  readonly outputCount: number;
  /** The value of an input, where it is known while compiling. */
  constant(index: number): Tensor | undefined;
}

/** What evaluation may look at; the types of the outputs are known. */
export interface EvalContext {
  readonly inputs: readonly (Tensor | undefined)[];
  readonly attrs: Attrs;
  readonly inputTypes: readonly (TensorType | undefined)[];
  readonly types: readonly TensorType[];
  readonly profile: Profile;
}

/**
 * A node as an older opset says it, on its way to the newest form, which is the only one in the
 * IR.
 */
export interface RawNode {
  readonly op: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly attrs: Attrs;
}

/**
 * What stands for inputs that decide shapes where they are computed at run time: the shapes that
 * the model declares for the outputs.
 */
export interface Declares {
  /** The inputs that decide shapes. */
  readonly inputs: readonly number[];
  /**
   * The node with the declared shapes in it, by output. Without it, the shape of the first output
   * becomes the node's attribute `declared`, which `declaredShape` reads.
   */
  take?(node: RawNode, shapes: readonly Shape[]): RawNode;
}

/** The declared shape of a node's first output, where an input that decides it is not known. */
export const declaredShape = ({ attrs }: { readonly attrs: Attrs }): Shape | undefined =>
  attrs.declared as Shape | undefined;

/** The attribute of operators whose shapes may be declared. */
export const declaredAttr = { declared: "ints" } as const;

/** What an operand of an operator's integer form must be. */
export type OperandRole = "activation" | "weights" | "bias" | "plain";

/**
 * The integer form: the same operator on quantised types. `same`: the output keeps the input's
 * scale and zero point. A fixed quantisation is what calibration gives the output.
 */
export interface IntegerForm {
  /** By input; the last one stands for those that follow. */
  readonly roles: readonly OperandRole[];
  readonly output: "free" | "same" | Quantization;
  /** Bit-exact twin of the C kernels; without it `evaluate` moves integers as it moves floats. */
  evaluate?(context: EvalContext): Tensor[];
  /** Largest magnitude that an accumulator can reach, for the verifier. */
  accumulatorBound?(node: Node): number;
  /** Further conditions on the types, given with quantisation. */
  accepts?(inputs: readonly (TensorType | undefined)[], output: TensorType): boolean;
}

export interface Operator {
  readonly name: string;
  readonly level: "imported" | "lowered" | "any";
  /** `"X: T"`, optional `"B?: T"`, repeated `"X*: T"`; inputs with one type letter share a type. */
  readonly inputs: readonly string[];
  readonly outputs: number | "any";
  readonly attrs: Readonly<Record<string, AttrKind>>;
  /**
   * What ONNX takes for absent attributes; readers leave these out. A list of one number stands for
   * any that holds nothing else.
   */
  readonly defaults?: Attrs;
  /** Element types by letter of `inputs`; letters that are absent take any type. */
  readonly types?: Readonly<Record<string, readonly ElementType[]>>;
  /** The newest form of a node that an older opset wrote. */
  upgrade?(node: RawNode, opset: number): RawNode;
  readonly declares?: Declares;
  /** The result follows from the types of the inputs alone. */
  readonly ofTypes?: true;
  infer(context: InferContext): TensorType[];
  /** The float reference: ONNX's meaning, and for moved data that of any type. */
  evaluate(context: EvalContext): Tensor[];
  readonly integer?: IntegerForm;
  /** What it does not do, for the page of operators. */
  readonly limits?: string;
  /** Which rows of an input a row of the output reads; undefined where any row may read all. */
  rows?(node: Node, input: number): RowsRead | undefined;
  /** Multiply-accumulates of one run. */
  macs?(node: Node): number;
}

export const floats: readonly ElementType[] = ["float32", "float16", "float64"];
/** Integers that arithmetic is done on. */
export const integers: readonly ElementType[] = elementTypes.filter((t) =>
  /int(8|16|32|64)$/.test(t),
);
/** What is computed with; integers of less than a byte are stored, moved and cast. */
export const computed: readonly ElementType[] = [...floats, ...integers, "bool"];
export const indices: readonly ElementType[] = ["int64", "int32"];

/** What type inference saw of a node. */
export const contextOf = (node: Node): InferContext => ({
  inputs: node.inputs.map((v) => v?.type),
  attrs: node.attrs,
  outputCount: node.outputs.length,
  constant: (i) => constantOf(node.inputs[i]),
});

export interface OperandSpec {
  readonly name: string;
  readonly letter: string;
  readonly optional: boolean;
  readonly repeated: boolean;
}

const operandSpecs = new Map<string, OperandSpec>();

/** Reads `"B?: T"`; each text once, since every node asks. */
export function operandSpec(text: string): OperandSpec {
  const known = operandSpecs.get(text);
  if (known) return known;
  const [, name, mark, letter] = /^(\w+)([?*]?): (\w+)$/.exec(text) ?? fail(`bad operand ${text}`);
  const spec = { name: name!, letter: letter!, optional: mark !== "", repeated: mark === "*" };
  operandSpecs.set(text, spec);
  return spec;
}

const suffixed = (value: number, shape: Shape): string => `${value} in [${shape.join(", ")}]`;

/** A negative axis counts from the end; out of range is an error. */
export function normalAxis(axis: number, rank: number, what = "axis"): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank)
    fail(`${what} ${axis} is outside a tensor of rank ${rank}`);
  return normal;
}

/** NumPy's broadcasting of several shapes. */
export function broadcastShapes(shapes: readonly Shape[]): number[] {
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map((s) => s[i - rank + s.length] ?? 1);
    const size = sizes.find((d) => d !== 1) ?? 1;
    const odd = sizes.findIndex((d) => d !== 1 && d !== size);
    if (odd >= 0)
      fail(`cannot broadcast ${suffixed(sizes[odd]!, shapes[odd]!)} with ${size} at axis ${i}`);
    return size;
  });
}

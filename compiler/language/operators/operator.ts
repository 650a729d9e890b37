/** What an operator of the model language is: its arguments, and the nodes that it stands for. */
import type { Attrs, Node, Value } from "../../ir/graph.ts";
import type { Tensor } from "../../ir/tensor.ts";
import type { ElementType, Quantization, Shape } from "../../ir/types.ts";

/**
 * `ints` and `numbers` may be given as one number. A `tensor` may be a number or a list of them;
 * `tensors` is a list, or all arguments that follow.
 */
export type ArgumentKind =
  | "tensor"
  | "tensors"
  | "int"
  | "ints"
  | "number"
  | "numbers"
  | "boolean"
  | "string"
  | "strings"
  | "constant"
  | "type";

export type Plain = number | boolean | string | readonly number[] | readonly string[];

export interface ArgumentSpec {
  readonly name: string;
  readonly kinds: readonly ArgumentKind[];
  /** Only by its name, never by its place. */
  readonly named?: boolean;
  readonly optional?: boolean;
  /** Operands of one letter are of one type; numbers for a `tensor` become it. */
  readonly like?: string;
  /** Absent arguments without one are just absent. */
  readonly initial?: Plain;
  /** What numbers for a `tensor` become, whatever the other operands are. */
  readonly elem?: ElementType;
}

/** A parameter of a layer: by its name behind the layer's own, and its shape. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  /** Along which its scales run, if it is stored in integers by channels. */
  readonly axis: number;
  readonly role: ParameterRole;
  /** Of a matrix on a flattened image: its channels, then its other sizes. */
  readonly image?: Shape | undefined;
  /** float32 unless told. */
  readonly elem?: ElementType;
  /** Whether integers stay as they are, of the type that the scales beside them give. */
  readonly isStored?: boolean;
}

/** What random weights depend on, and what other frameworks keep in another order. */
export type ParameterRole =
  | "filter"
  | "depthwise"
  | "matrix"
  | "bias"
  | "scale"
  | "mean"
  | "variance";

/** A call while it becomes nodes. */
export interface LayerCall {
  /** An argument as its spec says; undefined where it is optional and absent. */
  tensor(name: string): Value;
  maybeTensor(name: string): Value | undefined;
  tensors(name: string): readonly Value[];
  plain<T extends Plain>(name: string): T;
  maybePlain<T extends Plain>(name: string): T | undefined;
  isTensor(name: string): boolean;
  constant(name: string): Tensor | undefined;
  type(name: string): { readonly elem: ElementType; readonly shape: Shape };
  /** Of every result, where that is said. */
  storedType(): StoredType | undefined;
  /** Numbers in lists in lists. */
  values(name: string): { readonly shape: Shape; readonly values: readonly number[] };
  /** The layer's own parameter. */
  parameter(spec: ParameterSpec): Value;
  /** A parameter of the block around. */
  namedParameter(spec: ParameterSpec): Value;
  literal(tensor: Tensor): Value;
  /** A node that has the layer's name, and `suffix` behind it. */
  node(op: string, inputs: readonly (Value | undefined)[], attrs?: Attrs, more?: NodeDetails): Node;
}

/** A type but for the shape. */
export interface StoredType {
  readonly elem: ElementType;
  readonly quant?: Quantization | undefined;
}

export interface NodeDetails {
  readonly suffix?: string;
  readonly outputCount?: number;
  /** Instead of the type that the operator gives. */
  readonly stored?: StoredType | undefined;
  /** Names of the model's nodes that it stands for, instead of the layer's. */
  readonly origins?: readonly string[] | undefined;
}

export interface LayerOperator {
  readonly name: string;
  /** One line. */
  readonly docs: string;
  readonly args: readonly ArgumentSpec[];
  /** @throws OperatorError */
  build(call: LayerCall): readonly Value[];
  /** How a node that `build` would make is written; undefined for any other. */
  lift?(node: Node): Lifted | undefined;
}

/** A node as a call. */
export interface Lifted {
  /** The operands that the network computes, by argument. */
  readonly tensors: Readonly<Record<string, Value | readonly Value[]>>;
  readonly plain: Readonly<Record<string, Plain>>;
  /** Operands that come from the weights file. */
  readonly parameters: Readonly<Record<string, Value>>;
}

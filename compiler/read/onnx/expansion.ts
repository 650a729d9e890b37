/** Operators that are read as several others, in place of an object in `ops/`. */
import type { Attrs, Value } from "../../ir/graph.ts";
import { type AttrKind, fail, type Operator } from "../../ops/operator.ts";

/** A node that is expanded. */
export interface Expansion {
  readonly inputs: readonly (Value | undefined)[];
  readonly attrs: Attrs;
  /** The first output of a new node of ONNX's. */
  make(
    op: string,
    inputs: readonly (Value | undefined)[],
    attrs?: Attrs,
    options?: MakeOptions,
  ): Value;
}

export interface MakeOptions {
  /** The newest unless another is said. */
  readonly opset?: number;
  readonly outputCount?: number;
}

/** What stands for an operator. */
export interface Composed {
  /** As an operator's: `"B?: T"`; of the letter `any`, of any types. */
  readonly inputs: readonly string[];
  readonly types?: Operator["types"] | undefined;
  readonly attrs: Readonly<Record<string, AttrKind>>;
  /** What it does not do, for the page of operators. */
  readonly limits?: string;
  /** The output, or outputs; those that are not made may not be used. */
  expand(node: Expansion): Value | readonly (Value | undefined)[];
}

/** An input that is there, as has been checked. */
export const required = ({ inputs }: Expansion, at: number): Value =>
  inputs[at] ?? fail(`lacks its input number ${at + 1}`);

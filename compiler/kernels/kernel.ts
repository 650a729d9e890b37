/** What a kernel is: one C function, what it serves, how it packs weights and how it is called. */
import type { Node, Value } from "../ir/graph.ts";
import type { TensorData } from "../ir/tensor.ts";
import { type ElementType, elementCount, type TensorType } from "../ir/types.ts";
import type { Profile } from "../ops/numerics.ts";

/**
 * Constant data behind a call, in flash. `weights` are the model's numbers, `tables` what serves
 * them.
 */
export interface ConstantArray {
  /** Names the parameter, and with the layer the C array. */
  readonly name: string;
  readonly elem: ElementType;
  readonly data: TensorData;
  readonly kind: "weights" | "tables";
}

/** A field of a C struct: an integer, a float, a list, or another struct. */
export type Field = number | { readonly float: number } | readonly number[] | Fields;
export interface Fields {
  readonly [name: string]: Field;
}

/**
 * A function that a macro of the kernel's header defines for literal numbers: the hot loop, in
 * assembly or in its portable twin. `MACRO(name, arguments…)` stands before the layer's function.
 */
export interface Core {
  readonly macro: string;
  readonly arguments: readonly number[];
}

/**
 * A call: `mote_<kernel>([core,] inputs…, outputs…, [scratch,] constants…, [rows,] shape)`. A constant that is missing
 * (undefined) is passed as NULL.
 */
export interface Binding {
  /**
   * Which of the node's inputs are passed as pointers; constants among them lie in flash. One that
   * is missing (undefined) is passed as NULL.
   */
  readonly inputs: readonly (number | undefined)[];
  readonly constants: readonly (ConstantArray | undefined)[];
  /**
   * Whether the C function takes `mote_rows`, and so makes any range of rows; "scattered" ones find
   * rows of the input by a table, wherever they lie.
   */
  readonly takesRows: boolean | "scattered";
  readonly core?: Core;
  /** The C struct of the last argument. */
  readonly struct: string;
  /** Passed as the address of a constant: layers share functions, which are not made for each. */
  readonly byAddress?: true;
  readonly shape: Fields;
}

export interface Kernel {
  /** C name without `mote_`. */
  readonly name: string;
  readonly header: string;
  /** Operators that it may serve. */
  readonly ops: readonly string[];
  serves(node: Node): boolean;
  /** What the processor must have for it, in the words of `target.json`; absent means any. */
  readonly isa?: readonly string[];
  /** Memory of the arena that a call uses for itself; its pointer follows the outputs'. */
  scratchBytes?(node: Node): number;
  /**
   * Scratch memory may begin at this byte of the first input, over what it holds from there on,
   * where the input's life ends with the call; undefined for a node that needs it all.
   */
  scratchOver?(node: Node): number | undefined;
  /**
   * Inputs whose memory the output may take, since each element is read before its place is
   * written, in a call over all rows. The output may be smaller than the input.
   */
  readonly inPlace?: readonly number[] | ((node: Node) => readonly number[]);
  /** Whether all inputs are read before the output is written: it may lie anywhere over them. */
  readonly readsFirst?: (node: Node) => boolean;
  /**
   * Rows of the output that are made together, where rows are made from the first to the last:
   * what only rows before them read of the first input may be overwritten by then. Rows are those
   * of an image's height, or of what has not four axes those along the first one. Infinity: none.
   */
  readonly rowsAtOnce?: (node: Node) => number;
  /**
   * Calls make so many rows or a multiple of them, but for the last: sums of floats in rows counted
   * from elsewhere would be rounded in another order.
   */
  readonly rowsMultiple?: number;
  /** What calls of some rows by a table cost over their share of a whole call; 1 if unsaid. */
  readonly rowsFactor?: number;
  /** Pixels that are made together, where `cost` does not count blocks that are not full. */
  readonly pixelsAtOnce?: number;
  /**
   * It takes rows of its input as they come: `out_begin` and `out_end` of `mote_rows` are rows of
   * the input, all of which calls in order have taken after the last; from the first call to the
   * last the output and the scratch memory are its own. Never a candidate for a node as a whole.
   */
  readonly accumulates?: true;
  /**
   * Calls of other kernels that do the work together, in place of one of its own, which it then
   * cannot bind.
   */
  parts?(node: Node): readonly Part[];
  /** No code at all: the output is the first input's memory under another shape or type. */
  readonly isView?: boolean;
  /** Estimated instructions of one call over all rows. */
  cost(node: Node): number;
  /** A kernel of the same loops whose measured costs stand for its own, by name. */
  readonly measuredAs?: string;
  bind(node: Node, profile: Profile): Binding;
}

/**
 * A call that makes part of the output, as if it were a node of its own: its result begins at
 * element `yStart` of the output, of which it makes every `rowStep`th row.
 */
export interface Part {
  readonly node: Node;
  readonly kernel: Kernel;
  readonly yStart: number;
  readonly rowStep: number;
}

/** What a kernel's C calls are for: parts of the node, or the node as a whole. */
export const partsOf = (kernel: Kernel, node: Node): readonly Part[] =>
  kernel.parts?.(node) ?? [{ node, kernel, yStart: 0, rowStep: 1 }];

export const inputType = (node: Node, i = 0): TensorType => node.inputs[i]!.type;
export const outputType = (node: Node): TensorType => node.outputs[0]!.type;

/** Elements of what a node makes. */
export const count = (node: Node): number => elementCount(outputType(node).shape);

export const alignUp = (x: number, to: number): number => Math.ceil(x / to) * to;

/** Whether the types of the inputs (absent ones aside) and of the output are those given. */
export const hasTypes = (
  node: Node,
  inputs: readonly ElementType[],
  output: ElementType,
): boolean =>
  outputType(node).elem === output &&
  inputs.every((elem, i) => !node.inputs[i] || inputType(node, i).elem === elem);

export const inPlaceInputs = ({ inPlace = [] }: Kernel, node: Node): readonly number[] =>
  typeof inPlace === "function" ? inPlace(node) : inPlace;

export const isConstant = (v: Value | undefined): boolean => v?.node.op === "Constant";

const array =
  (kind: ConstantArray["kind"]) =>
  (name: string, elem: ElementType, data: TensorData): ConstantArray => ({
    name,
    elem,
    data,
    kind,
  });

export const weightsArray = array("weights");
export const tableArray = array("tables");

/** A binding of one input and no constants. */
export const oneInput = (struct: string, shape: Fields): Binding => ({
  inputs: [0],
  constants: [],
  takesRows: false,
  struct,
  shape,
});

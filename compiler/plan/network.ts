/** What the planner looks at: operations that run, the tensors between them, and their rows. */
import { type Graph, type Node, usesOf, type Value } from "../ir/graph.ts";
import { type State, statesOf } from "../ir/states.ts";
import { typeBytes } from "../ir/types.ts";
import { planarValues, type RowLayout, type RowMap, rowLayout, rowMap } from "../kernels/rows.ts";
import { isJoin, isView } from "../kernels/views.ts";
import { type Home, homesOf, isByRows, isWhole, type Piece, unitsOf } from "./pieces.ts";

/** An operation that makes some of an operand. */
export interface Source {
  readonly operation: number;
  /** How many of its rows lie before the operand's first; without it they are all needed. */
  readonly before: number | undefined;
}

/** Memory that an operation reads. */
export interface Operand extends Piece {
  /** Rows of the operand that it reads, whatever rows the tensor is made of. */
  readonly seen: RowMap | undefined;
  /** Rows of the tensor that it reads; without a map it needs all of them. */
  readonly map: RowMap | undefined;
  /** It is read by rows that are rows of the tensor as well. */
  readonly isDirect: boolean;
  readonly sources: readonly Source[];
}

export interface Operation {
  readonly node: Node;
  /** Rows of its output; 1 where the output has no rows that could be made one by one. */
  readonly height: number;
  /** Rows of the first input, where it is read as it is stored. */
  readonly inputHeight: number;
  /** One for each of the node's inputs; constants have none. */
  readonly operands: readonly (Operand | undefined)[];
  /** What it writes. */
  readonly results: readonly Piece[];
}

/** A piece that an operation makes. */
export interface Made extends Piece {
  readonly operation: number;
}

export interface TensorFacts {
  readonly value: Value;
  /** Its rows, or parts that pieces of it are made of. */
  readonly layout: RowLayout;
  readonly bytes: number;
  /** By operations; none for an input of the network. */
  readonly made: readonly Made[];
  readonly readers: readonly { readonly operation: number; readonly operand: Operand }[];
  /** What of it lives to the end of a run: outputs of the network, and states. */
  readonly outputs: readonly Piece[];
  /** Of a state, the tensor that the next run reads: the same memory, where the two never meet. */
  readonly next?: number;
}

export interface Network {
  readonly operations: readonly Operation[];
  readonly tensors: readonly TensorFacts[];
  /** Where each value lies that is no constant. */
  readonly pieceOf: ReadonlyMap<Value, Piece>;
}

const runs = (node: Node): boolean =>
  node.op !== "Input" && node.op !== "Constant" && !isView(node);

/** Whether an input comes row by row, and so is not in the arena. */
const isDelivered = (value: Value, uses: ReadonlyMap<Value, readonly Node[]>): boolean =>
  uses.get(value)?.every(({ op }) => op === "RowInput") ?? false;

/** What nodes read of an input that they see through views alone. */
function seenAs(value: Value, uses: ReadonlyMap<Value, readonly Node[]>): Value {
  const [view, ...others] = uses.get(value) ?? [];
  const isSeen = view && others.length === 0 && isView(view) && !isJoin(view);
  const shown = isSeen ? view.outputs[0]! : value;
  return shown !== value && typeBytes(shown.type) === typeBytes(value.type)
    ? seenAs(shown, uses)
    : value;
}

type Open<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

class Builder {
  readonly tensors: Open<TensorFacts>[] = [];
  readonly pieceOf = new Map<Value, Piece>();
  readonly #planar: ReadonlySet<Value>;
  readonly #homes: ReadonlyMap<Value, Home>;
  readonly #tensorOf = new Map<Value, number>();

  constructor(graph: Graph) {
    this.#planar = planarValues(graph);
    this.#homes = homesOf(graph);
    const uses = usesOf(graph);
    const delivered = new Set(graph.inputs.filter((v) => isDelivered(v, uses)));
    const cuts = new Map<Value, number[]>();
    for (const { root, from } of this.#homes.values())
      cuts.set(root, [...(cuts.get(root) ?? []), from]);
    for (const [root, own] of cuts)
      if (root.node.op !== "Constant" && !delivered.has(root))
        this.#open(root, root.node.op === "Input" ? seenAs(root, uses) : root, own);
    for (const [value, { root, from }] of this.#homes) this.#place(value, root, from);
  }

  #layoutOf(value: Value): RowLayout {
    return rowLayout(value, this.#planar.has(value));
  }

  /** @param seen the view by whose rows the memory is read. */
  #open(value: Value, seen: Value, cuts: readonly number[]): void {
    const layout = unitsOf(this.#layoutOf(seen), cuts);
    const bytes = typeBytes(value.type);
    const facts = { value, layout, bytes, made: [], readers: [], outputs: [] };
    this.#tensorOf.set(value, this.tensors.push(facts) - 1);
  }

  #place(value: Value, root: Value, from: number): void {
    const tensor = this.#tensorOf.get(root);
    if (tensor === undefined) return;
    const layout = this.#layoutOf(value);
    this.pieceOf.set(value, { tensor, from, bytes: typeBytes(value.type), layout });
  }

  /** Operations that make some of a piece. */
  #sources({ tensor, from, bytes, layout }: Piece): Source[] {
    const { made } = this.tensors[tensor]!;
    return made.flatMap((own): Source[] => {
      if (own.from >= from + bytes || from >= own.from + own.bytes) return [];
      const before = (from - own.from) / layout.bytes;
      const hasRows =
        own.layout.bytes === layout.bytes && own.layout.planes === 1 && Number.isInteger(before);
      return [{ operation: own.operation, before: hasRows ? before : undefined }];
    });
  }

  #operand(
    node: Node,
    value: Value | undefined,
    input: number,
    hasRows: boolean,
  ): Operand | undefined {
    const piece = value && this.pieceOf.get(value);
    if (!piece) return undefined;
    const isDirect = isByRows(piece, this.tensors[piece.tensor]!.layout);
    const read = hasRows ? rowMap(node, input) : undefined;
    const { count, planes } = piece.layout;
    const fits = read?.height === count && (planes === 1 || read.isPlanar);
    const seen = fits ? read : undefined;
    const map = isDirect ? seen : undefined;
    return { ...piece, seen, map, isDirect, sources: this.#sources(piece) };
  }

  operation(node: Node, index: number): Operation {
    const results = node.outputs.map((value) => this.pieceOf.get(value)!);
    for (const piece of results)
      this.tensors[piece.tensor]!.made.push({ ...piece, operation: index });
    const { layout } = results[0]!;
    const isByImageRows = results.length === 1 && layout.planes === 1;
    const operands = node.inputs.map((value, i) => this.#operand(node, value, i, isByImageRows));
    for (const operand of operands)
      if (operand) this.tensors[operand.tensor]!.readers.push({ operation: index, operand });
    const hasRows = node.op === "RowInput" || operands.some((o) => o?.map);
    const height = isByImageRows && hasRows ? layout.count : 1;
    const [x] = operands;
    const inputHeight = x?.isDirect && x.layout.planes === 1 ? x.layout.count : 1;
    return { node, height, inputHeight, operands, results };
  }

  output(value: Value): void {
    const piece = this.pieceOf.get(value);
    if (piece) this.tensors[piece.tensor]!.outputs.push(piece);
  }

  /** After all outputs. */
  state({ value, next }: State): void {
    const tensor = this.tensors[this.pieceOf.get(value)!.tensor]!;
    const made = this.pieceOf.get(next);
    const isOwn = (piece: Piece) =>
      isWhole(piece, this.tensors[piece.tensor]!) &&
      this.tensors[piece.tensor]!.made.length > 0 &&
      !this.tensors.some((t) => t.next === piece.tensor);
    if (made && tensor.outputs.length === 0 && isOwn(made)) tensor.next = made.tensor;
    else this.output(value);
  }
}

/** @param order of the graph's nodes; every node after what it reads. */
export function networkOf(graph: Graph, order: readonly Node[] = graph.nodes): Network {
  const builder = new Builder(graph);
  const { tensors, pieceOf } = builder;
  const operations: Operation[] = [];
  for (const node of order.filter(runs))
    operations.push(builder.operation(node, operations.length));
  for (const { value } of graph.outputs) builder.output(value);
  for (const state of statesOf(graph)) builder.state(state);
  return { operations, tensors, pieceOf };
}

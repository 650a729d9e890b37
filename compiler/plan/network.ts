/** What the planner looks at: operations that run, the tensors between them, and their rows. */
import { type Graph, type Node, usesOf, type Value } from "../ir/graph.ts";
import { typeBytes } from "../ir/types.ts";
import { planarValues, type RowLayout, type RowMap, rowLayout, rowMap } from "../kernels/rows.ts";

/** Memory that an operation reads: views stand for what they show. */
export interface Operand {
  readonly tensor: number;
  /** Rows that it reads; without a map it needs all of them. */
  readonly map: RowMap | undefined;
  /** It is read row by row as it is stored, not through a view of another shape. */
  readonly isDirect: boolean;
}

export interface Operation {
  readonly node: Node;
  /** Rows of its output; 1 where the output has no rows that could be made one by one. */
  readonly height: number;
  /** Rows of the first input, where it is read as it is stored. */
  readonly inputHeight: number;
  /** One for each of the node's inputs; constants have none. */
  readonly operands: readonly (Operand | undefined)[];
  /** Tensors that it writes. */
  readonly results: readonly number[];
}

export interface TensorFacts {
  readonly value: Value;
  readonly layout: RowLayout;
  readonly bytes: number;
  /** The operation that makes it; −1 for an input of the network. */
  readonly producer: number;
  readonly readers: readonly { readonly operation: number; readonly operand: Operand }[];
  readonly isOutput: boolean;
}

export interface Network {
  readonly operations: readonly Operation[];
  readonly tensors: readonly TensorFacts[];
  /** The tensor behind a value that is no constant. */
  readonly tensorOf: ReadonlyMap<Value, number>;
}

const isView = ({ attrs }: Node): boolean => attrs.kernel === "view";
const runs = (node: Node): boolean =>
  node.op !== "Input" && node.op !== "Constant" && !isView(node);

const sameShape = (a: Value, b: Value): boolean =>
  a.type.shape.length === b.type.shape.length &&
  a.type.shape.every((d, i) => d === b.type.shape[i]) &&
  typeBytes(a.type) === typeBytes(b.type);

/** Whether an input comes row by row, and so is not in the arena. */
const isDelivered = (value: Value, uses: ReadonlyMap<Value, readonly Node[]>): boolean =>
  uses.get(value)?.every(({ op }) => op === "RowInput") ?? false;

/** What nodes read of an input that they see through views alone. */
function seenAs(value: Value, uses: ReadonlyMap<Value, readonly Node[]>): Value {
  const readers = uses.get(value) ?? [];
  const [view] = readers;
  return readers.length === 1 && isView(view!) ? seenAs(view!.outputs[0]!, uses) : value;
}

class Builder {
  readonly tensors: (TensorFacts & { readers: TensorFacts["readers"][number][] })[] = [];
  readonly tensorOf = new Map<Value, number>();
  readonly #shown = new Map<Value, boolean>();
  readonly #planar: ReadonlySet<Value>;
  readonly #outputs = new Set<number>();

  constructor(graph: Graph) {
    this.#planar = planarValues(graph);
    const uses = usesOf(graph);
    for (const value of graph.inputs)
      if (!isDelivered(value, uses)) this.#open(value, -1, seenAs(value, uses));
  }

  /** @param seen the view by whose rows the memory is read. */
  #open(value: Value, producer: number, seen = value): number {
    const layout = rowLayout(seen, this.#planar.has(seen));
    const bytes = typeBytes(value.type);
    const facts = { value, layout, bytes, producer, readers: [], isOutput: false };
    const index = this.tensors.push(facts) - 1;
    this.tensorOf.set(value, index);
    this.#shown.set(value, seen === value);
    this.#shown.set(seen, true);
    return index;
  }

  /** A view lies where what it shows does. */
  view({ inputs, outputs }: Node): void {
    const [x, y] = [inputs[0]!, outputs[0]!];
    const tensor = this.tensorOf.get(x);
    if (tensor === undefined) return;
    this.tensorOf.set(y, tensor);
    if (!this.#shown.get(y)) this.#shown.set(y, sameShape(x, y) && this.#shown.get(x)!);
  }

  #operand(
    node: Node,
    value: Value | undefined,
    input: number,
    isByRows: boolean,
  ): Operand | undefined {
    const tensor = value && this.tensorOf.get(value);
    if (tensor === undefined) return undefined;
    const { layout } = this.tensors[tensor]!;
    const isDirect = this.#shown.get(value!)!;
    const map = isByRows && isDirect ? rowMap(node, input) : undefined;
    const fits = map?.height === layout.count && (layout.planes === 1 || map.isPlanar);
    return { tensor, map: fits ? map : undefined, isDirect };
  }

  #inputHeight(operand: Operand | undefined): number {
    const layout = operand?.isDirect ? this.tensors[operand.tensor]!.layout : undefined;
    return layout?.planes === 1 ? layout.count : 1;
  }

  operation(node: Node, index: number): Operation {
    const results = node.outputs.map((value) => this.#open(value, index));
    const { layout } = this.tensors[results[0]!]!;
    const isByRows = results.length === 1 && layout.planes === 1;
    const operands = node.inputs.map((value, i) => this.#operand(node, value, i, isByRows));
    for (const operand of operands)
      if (operand) this.tensors[operand.tensor]!.readers.push({ operation: index, operand });
    const hasRows = node.op === "RowInput" || operands.some((o) => o?.map);
    const height = isByRows && hasRows ? layout.count : 1;
    return { node, height, inputHeight: this.#inputHeight(operands[0]), operands, results };
  }

  output(value: Value): void {
    const tensor = this.tensorOf.get(value);
    if (tensor !== undefined) this.#outputs.add(tensor);
  }

  finished(): TensorFacts[] {
    return this.tensors.map((t, i) => ({ ...t, isOutput: this.#outputs.has(i) }));
  }
}

/** @param order of the graph's nodes; every node after what it reads. */
export function networkOf(graph: Graph, order: readonly Node[] = graph.nodes): Network {
  const builder = new Builder(graph);
  const operations: Operation[] = [];
  for (const node of order)
    if (isView(node)) builder.view(node);
    else if (runs(node)) operations.push(builder.operation(node, operations.length));
  for (const { value } of graph.outputs) builder.output(value);
  return { operations, tensors: builder.finished(), tensorOf: builder.tensorOf };
}

/**
 * Before: an imported graph. After: operators compute on float32 alone; float16 and float64 are how
 * numbers are stored, at the edges of the graph, between its own Casts, and where they only move.
 */
import { type Graph, makeGraph, makeNode, type Node, type Value } from "../ir/graph.ts";
import { type ElementType, isFloat, type TensorType } from "../ir/types.ts";
import { candidates } from "../kernels/catalogue.ts";
import { build } from "../ops/build.ts";
import { onnxCode } from "../ops/typing.ts";

const isOther = ({ elem }: TensorType): boolean => isFloat(elem) && elem !== "float32";
const single = (type: TensorType): TensorType =>
  isOther(type) ? { ...type, elem: "float32" } : type;
const cast = (x: Value, elem: ElementType): Value => build("Cast", [x], { to: onnxCode(elem) });

const reads = ({ inputs }: Node): readonly Value[] => inputs.filter((v) => v !== undefined);

/** Nodes that compute on other floats than float32, where no kernel does. */
const computes = (node: Node): boolean =>
  node.op !== "Cast" &&
  reads(node).some((v) => isOther(v.type)) &&
  candidates(node, []).length === 0;

/** Of values of other floats, the form that is stored, and the one that is computed with. */
class Forms {
  readonly #stored = new Map<Value, Value>();
  readonly #single = new Map<Value, Value>();

  stored(value: Value): Value {
    const made = this.#stored.get(value) ?? cast(this.#single.get(value)!, value.type.elem);
    this.#stored.set(value, made);
    return made;
  }

  single(value: Value): Value {
    if (!isOther(value.type)) return this.stored(value);
    const made = this.#single.get(value) ?? cast(this.#stored.get(value)!, "float32");
    this.#single.set(value, made);
    return made;
  }

  add(node: Node): void {
    if (computes(node) || this.#movesSingles(node))
      this.#remade(node, (v) => this.single(v), single);
    else
      this.#remade(
        node,
        (v) => this.stored(v),
        (type) => type,
      );
  }

  /** Halves that were computed move on as they are. */
  #movesSingles(node: Node): boolean {
    const halves = reads(node).filter((v) => v.type.elem === "float16");
    return node.op !== "Cast" && halves.some((v) => !this.#stored.has(v));
  }

  #remade(node: Node, form: (v: Value) => Value, typed: (type: TensorType) => TensorType): void {
    const inputs = node.inputs.map((v) => v && form(v));
    const types = node.outputs.map((v) => typed(v.type));
    const isSame = inputs.every((v, i) => v === node.inputs[i]);
    const names = node.outputs.map((v) => v.name);
    const made = isSame ? node : makeNode({ ...node, inputs, types, names });
    for (const [i, value] of node.outputs.entries()) {
      const isSingle = isOther(value.type) && !isOther(made.outputs[i]!.type);
      (isSingle ? this.#single : this.#stored).set(value, made.outputs[i]!);
    }
  }
}

/** Layers that compute in float64. */
export const doubles = (graph: Graph): Node[] =>
  graph.nodes.filter((n) => computes(n) && reads(n).some((v) => v.type.elem === "float64"));

export function inSingle(graph: Graph<"imported">): Graph<"imported"> {
  if (!graph.nodes.some(computes)) return graph;
  const forms = new Forms();
  for (const node of graph.nodes) forms.add(node);
  const outputs = graph.outputs.map((o) => ({ ...o, value: forms.stored(o.value) }));
  return makeGraph("imported", graph.name, graph.inputs, outputs);
}

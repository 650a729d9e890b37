/** Nodes of a graph → calls of the language's operators, and what goes into the weights file. */
import type { Graph, Node, Value } from "../../ir/graph.ts";
import { constantOf, num } from "../../ir/graph.ts";
import { isBig, numbers, type Tensor } from "../../ir/tensor.ts";
import type { ElementType } from "../../ir/types.ts";
import { literalElement } from "../../language/operators/literals.ts";
import type {
  ArgumentSpec,
  LayerOperator,
  Lifted,
  Plain,
} from "../../language/operators/operator.ts";
import { elementName } from "../../language/operators/quantisation.ts";
import { liftSchema, schemaOperator, snakeCase } from "../../language/operators/schema.ts";
import { layerOperators, ownOperators } from "../../language/operators/table.ts";
import { findOperator } from "../../ops/registry.ts";
import { type Atom, atom, type Field, type Item, isWord, nameField, type Wire } from "./items.ts";
import type { WeightsWriter } from "./weights.ts";

/** Constants up to this many numbers are written in the text. */
const literalElementsMax = 16;

/** The shortest text that is read back as the same float32. */
export function float32Text(x: number): number {
  if (!Number.isFinite(x)) return x;
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(x.toPrecision(digits));
    if (Math.fround(short) === x) return short;
  }
  return x;
}

const isWritable = (x: number): boolean => !Number.isNaN(x) && !Object.is(x, -0);

/** Numbers that the text can say exactly. */
export function writable({ elem, data }: Tensor): number[] | undefined {
  if (data.length > literalElementsMax) return undefined;
  const exact =
    !isBig(data) ||
    data.every((x: bigint) => x === BigInt(Number(x)) && Number.isSafeInteger(Number(x)));
  const list = Array.from(
    numbers({ elem, data, shape: [] }),
    elem === "float32" ? float32Text : Number,
  );
  return exact && elem !== "float16" && list.every(isWritable) ? list : undefined;
}

const short = (x: number): number => (Math.fround(x) === x ? float32Text(x) : x);

function fieldOf(plain: Plain): Field {
  if (typeof plain === "string") return isWord(plain) ? atom(plain) : nameField(plain);
  if (typeof plain === "number") return atom(short(plain));
  const isNumbers = typeof plain === "object" && plain.every((x) => typeof x === "number");
  return atom(isNumbers ? (plain as readonly number[]).map(short) : (plain as Atom));
}

interface Argument {
  readonly name: string | undefined;
  /** Of the operator's argument. */
  readonly hint?: string;
  readonly initial?: Atom | undefined;
  readonly field?: Field;
  readonly takes?: readonly Wire[];
  /** Whether the values stand in a list. */
  readonly isList?: boolean;
}

/** What an argument is that is not given; a layer's own bias is one of its parameters. */
function initialOf({ name, initial }: ArgumentSpec, { parameters }: Lifted): Atom | undefined {
  if (initial === undefined || typeof initial === "object") return undefined;
  return name in parameters || typeof initial !== "boolean" ? initial : undefined;
}

/** The layers that a node stands for, where that is no one name. */
const ofArgument = ({ origins }: Node): Argument => ({
  name: "of",
  hint: "names",
  field: { kind: "list", items: origins.map(nameField) },
});

/** What a node of a lowered graph says of its result and of the layers that it stands for. */
function loweredArguments(node: Node): Argument[] {
  const { outputs, origins } = node;
  const { elem, quant } = outputs[0]!.type;
  const pair = quant ? [quant.scale[0]!, quant.zeroPoint[0]!] : [];
  const type: Field = {
    kind: "type",
    elem: elementName(elem),
    dims: undefined,
    quant: pair.map((x) => atom(short(x))),
  };
  return [
    { name: "type", hint: "type", field: type },
    ...(origins.length > 0 ? [ofArgument(node)] : []),
  ];
}

export class Calls {
  readonly items: Item[] = [];
  readonly #symbols = new Map<Value, Wire>();
  readonly #weights: WeightsWriter;
  readonly #labels = new Map<string, number>();

  readonly #isLowered: boolean;

  constructor(graph: Graph, weights: WeightsWriter) {
    this.#weights = weights;
    this.#isLowered = graph.level === "lowered";
    for (const { op, origins } of graph.nodes)
      if (op !== "Input" && op !== "Constant")
        for (const name of origins) this.#labels.set(name, (this.#labels.get(name) ?? 0) + 1);
    for (const value of graph.inputs) this.symbol(value);
    const needed = this.#needed(graph);
    for (const node of graph.nodes) if (needed.has(node)) this.#node(node);
  }

  symbol(value: Value): Wire {
    let symbol = this.#symbols.get(value);
    if (!symbol) {
      symbol = {};
      this.#symbols.set(value, symbol);
    }
    return symbol;
  }

  /** An output of the network. */
  output(value: Value): Wire {
    return this.#symbolOf(value);
  }

  /** Nodes that are calls: not constants, nor how layers' own parameters are stored. */
  #needed(graph: Graph): Set<Node> {
    const needed = new Set<Node>();
    const visit = (value: Value): void => {
      const { node } = value;
      if (node.op === "Input" || needed.has(node)) return;
      if (node.op === "Constant") return;
      needed.add(node);
    };
    // From the end, so that what reads a node is known before it.
    for (const { value } of graph.outputs) visit(value);
    for (const node of graph.nodes.toReversed()) {
      if (!needed.has(node)) continue;
      const lifted = this.#lift(node);
      const stored = new Set(Object.values(lifted.lifted.parameters));
      for (const value of node.inputs) if (value && !stored.has(value)) visit(value);
    }
    return needed;
  }

  /** A node as a call of an operator with a form of its own, or else by ONNX's rules. */
  #lift(node: Node): { operator: LayerOperator; lifted: Lifted } {
    if (this.#isLowered) {
      const schema = findOperator(node.op)!;
      const operator = schemaOperator(schema, `mote.${node.op}`, "mote");
      return { operator, lifted: liftSchema(node, schema) };
    }
    if (node.origins.length > 1) {
      const schema = findOperator(node.op)!;
      const operator = schemaOperator(schema, `onnx.${node.op}`, "onnx");
      return { operator, lifted: liftSchema(node, schema) };
    }
    const isOwn = this.#labels.get(node.origins[0] ?? "") === 1;
    for (const operator of ownOperators) {
      const lifted = operator.lift?.(node);
      if (lifted)
        return { operator, lifted: isOwn ? ownParameters(lifted, operator) : asTensors(lifted) };
    }
    const operator = findOperator(node.op)!;
    const named = layerOperators.get(snakeCase(node.op));
    const isPlain = named && !ownOperators.includes(named);
    return {
      operator: isPlain ? named : schemaOperator(operator, `onnx.${node.op}`),
      lifted: liftSchema(node, operator),
    };
  }

  /** A constant operand: numbers, or a tensor of the weights file. */
  #constant(spec: ArgumentSpec, tensor: Tensor, value: Value, elem: ElementType): Argument {
    const list = writable(tensor);
    const { shape } = tensor;
    if (list && tensor.elem === elem && shape.length === 0)
      return { name: spec.name, field: atom(list[0]!) };
    if (list && tensor.elem === elem && shape.length === 1 && list.length > 0)
      return { name: spec.name, field: atom(list) };
    const symbol = this.#literal(tensor, value);
    return { name: spec.name, takes: [symbol] };
  }

  /** A call that makes a constant. */
  #literal(tensor: Tensor, value: Value): Wire {
    const known = this.#symbols.get(value);
    if (known) return known;
    const symbol = this.symbol(value);
    const list = writable(tensor);
    const type: Field = {
      kind: "type",
      elem: elementName(tensor.elem),
      dims: tensor.shape.map((d) => atom(d)),
      quant: [],
    };
    const { quant } = value.type;
    const isText = list && !quant;
    const item = isText
      ? { callee: "constant", fields: [type, atom(list)] }
      : { callee: "parameter", fields: [nameField(this.#weights.addStored(tensor, value)), type] };
    const axis = quant?.axis === undefined ? [] : [quant.axis];
    this.items.push({
      callee: item.callee,
      fields: [...item.fields, ...axis.map(atom)],
      key: `${item.callee} ${value.type.elem} ${value.type.shape.length} ${axis.length}`,
      arguments: [],
      takes: [],
      makes: [symbol],
      fieldNames: [undefined, undefined, ...axis.map(() => "axis")],
      hints: isText ? ["type", "values"] : ["name", "type", "axis"],
      initials: [],
    });
    return symbol;
  }

  #tensor(spec: ArgumentSpec, value: Value, operator: LayerOperator, lifted: Lifted): Argument {
    const tensor = constantOf(value);
    if (!tensor) return { name: spec.name, takes: [this.symbol(value)] };
    if (this.#isLowered) return { name: spec.name, takes: [this.#literal(tensor, value)] };
    const others = operator.args.filter((a) => a !== spec && a.like === spec.like && a.like);
    const given = others.flatMap((a) => lifted.tensors[a.name] ?? []) as Value[];
    // Of several constants it would not be clear which gives the others their type.
    if (given.some((v) => constantOf(v)))
      return { name: spec.name, takes: [this.#literal(tensor, value)] };
    const elementOf = (name: string) =>
      ([lifted.tensors[name] ?? []].flat()[0] as Value | undefined)?.type.elem;
    return this.#constant(spec, tensor, value, literalElement(operator.args, spec, elementOf));
  }

  #arguments(operator: LayerOperator, lifted: Lifted): Argument[] {
    return operator.args.flatMap((spec): Argument[] => {
      const { name } = spec;
      const tensors = lifted.tensors[name];
      if (Array.isArray(tensors))
        return [{ name, takes: (tensors as Value[]).map((v) => this.#symbolOf(v)), isList: true }];
      if (tensors) return [this.#tensor(spec, tensors as Value, operator, lifted)];
      const initial = initialOf(spec, lifted);
      const plain = lifted.plain[name];
      if (plain !== undefined) return [{ name, field: fieldOf(plain), initial }];
      return initial === undefined ? [] : [{ name, field: atom(initial), initial }];
    });
  }

  #symbolOf(value: Value): Wire {
    const tensor = constantOf(value);
    return tensor ? this.#literal(tensor, value) : this.symbol(value);
  }

  #node(node: Node): void {
    const { operator, lifted } = this.#lift(node);
    const label = this.#isLowered || node.origins.length > 1 ? undefined : node.origins[0];
    for (const [name, value] of Object.entries(lifted.parameters))
      this.#weights.addParameter(`${label}.${name}`, value);
    const several = node.origins.length > 1 ? [ofArgument(node)] : [];
    const more = this.#isLowered ? loweredArguments(node) : several;
    const given = [...byPlace(this.#arguments(operator, lifted), operator), ...more];
    const tensors = given.filter((a) => a.takes);
    const plain = given.filter((a) => a.field);
    const kinds = tensors.map((a) => `${a.name ?? ""}${a.isList ? `*${a.takes!.length}` : ""}`);
    const own = plain.map((a) => a.name);
    const fieldNames = label === undefined ? own : [...own, ""];
    this.items.push({
      callee: operator.name,
      key: `${operator.name}(${kinds.join()}|${own.join()}|${node.outputs.length}|${label !== undefined})`,
      arguments: tensors.flatMap((a) =>
        a.takes!.map(() => (a.isList ? `${a.name ?? ""}*` : a.name)),
      ),
      takes: tensors.flatMap((a) => a.takes!),
      makes: node.outputs.map((v) => this.symbol(v)),
      fieldNames,
      fields: [...plain.map((a) => a.field!), ...(label === undefined ? [] : [nameField(label)])],
      hints: [...plain.map((a) => a.hint!), "name"],
      initials: plain.map((a) => a.initial),
    });
  }
}

/** Whether a value is a constant, or one stored in integers by the channels of an axis. */
function isStored(value: Value, axis: number): boolean {
  const { node } = value;
  if (constantOf(value)) return value.type.elem === "float32";
  if (node.op !== "DequantizeLinear") return false;
  const [x, scale, zero] = node.inputs.map((v) => constantOf(v));
  if (!x || scale?.elem !== "float32" || !zero) return false;
  return scale.shape.length === 0 || num(node, "axis", 1) === axis;
}

/** Parameters that are no constants are given as tensors. */
function ownParameters(lifted: Lifted, { name }: LayerOperator): Lifted {
  const tensors: Record<string, Value | readonly Value[]> = { ...lifted.tensors };
  const parameters: Record<string, Value> = {};
  for (const [key, value] of Object.entries(lifted.parameters)) {
    const axis = name === "conv_transpose" && key === "weight" ? 1 : 0;
    if (isStored(value, axis)) parameters[key] = value;
    else tensors[key] = value;
  }
  return { ...lifted, tensors, parameters };
}

const asTensors = (lifted: Lifted): Lifted => ({
  ...lifted,
  tensors: { ...lifted.tensors, ...lifted.parameters },
  parameters: {},
});

/** Values first, then fields; those that stand where their operator has them need no name. */
function byPlace(given: readonly Argument[], { args }: LayerOperator): Argument[] {
  const places = args.filter((a) => !a.named).map((a) => a.name);
  const ordered = [...given.filter((a) => a.takes), ...given.filter((a) => a.field)];
  let inPlace = true;
  return ordered.map((a, i) => {
    inPlace &&= places[i] === a.name;
    return { ...a, hint: a.name!, name: inPlace ? undefined : a.name };
  });
}

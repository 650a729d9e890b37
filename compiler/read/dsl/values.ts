/** What expressions of the model language can be while compiling. */
import type { Graph, Value } from "../../ir/graph.ts";
import { type LayerChoices, noChoices } from "../../ir/layers.ts";
import type { ElementType } from "../../ir/types.ts";
import { type Quantization, type Shape, typeText } from "../../ir/types.ts";
import type { BlockDeclaration, ModelDeclaration } from "../../language/ast.ts";
import type { LayerOperator } from "../../language/operators/operator.ts";
import type { Session } from "./session.ts";
import type { Site, Source } from "./source.ts";

/** A value of the network, and the expression that made it. */
export class TensorDatum {
  readonly value: Value;
  readonly site: Site;
  constructor(value: Value, site: Site) {
    this.value = value;
    this.site = site;
  }
}

/** Several values: `(a, b)`, or what a block or operator with several results gives. */
export class TupleDatum {
  readonly items: readonly Datum[];
  constructor(items: readonly Datum[]) {
    this.items = items;
  }
}

/** `int8[4](scale: 0.5)` */
export class TypeDatum {
  readonly elem: ElementType;
  readonly shape: Shape | undefined;
  readonly quant: Quantization | undefined;
  constructor(elem: ElementType, shape?: Shape, quant?: Quantization) {
    this.elem = elem;
    this.shape = shape;
    this.quant = quant;
  }
}

/** An operator of the language, or any by its ONNX name. */
export class OperatorDatum {
  readonly operator: LayerOperator;
  constructor(operator: LayerOperator) {
    this.operator = operator;
  }
}

/** What all declarations of a file see. */
export interface FileScope {
  readonly source: Source;
  /** Values are worked out in the session of the model that asks for them. @throws Reported */
  find(name: string, session: Session): Datum | undefined;
  names(): Iterable<string>;
}

/** A block, which stands where it is called. */
export class BlockDatum {
  readonly declaration: BlockDeclaration;
  readonly scope: FileScope;
  constructor(declaration: BlockDeclaration, scope: FileScope) {
    this.declaration = declaration;
    this.scope = scope;
  }
}

/** A model, before it is checked. */
export class ModelDatum {
  readonly declaration: ModelDeclaration;
  readonly scope: FileScope;
  constructor(declaration: ModelDeclaration, scope: FileScope) {
    this.declaration = declaration;
    this.scope = scope;
  }
}

/** A whole network of another file, used as a block. */
export class NetworkDatum {
  readonly name: string;
  readonly graph: Graph<"imported" | "lowered">;
  /** What its inputs are called as arguments. */
  readonly inputs: readonly string[];
  /** What it says of its layers. */
  readonly choices: LayerChoices;
  constructor(
    name: string,
    graph: NetworkDatum["graph"],
    inputs: readonly string[],
    choices: LayerChoices = noChoices,
  ) {
    this.name = name;
    this.graph = graph;
    this.inputs = inputs;
    this.choices = choices;
  }
}

/** A function of compile-time values. */
export class FunctionDatum {
  readonly name: string;
  readonly apply: (args: readonly Datum[]) => Datum;
  constructor(name: string, apply: FunctionDatum["apply"]) {
    this.name = name;
    this.apply = apply;
  }
}

/** What stands before a dot: `onnx`, or the name of an import. */
export class NamespaceDatum {
  readonly name: string;
  readonly find: (name: string) => Datum | undefined;
  readonly names: () => Iterable<string>;
  /** Of the file: where it has one, the name stands for that, too. */
  readonly models: readonly ModelDatum[];
  constructor(
    name: string,
    find: NamespaceDatum["find"],
    names: NamespaceDatum["names"],
    models: readonly ModelDatum[] = [],
  ) {
    this.name = name;
    this.find = find;
    this.names = names;
    this.models = models;
  }
}

export type Datum =
  | number
  | boolean
  | string
  | readonly Datum[]
  | TensorDatum
  | TupleDatum
  | TypeDatum
  | OperatorDatum
  | BlockDatum
  | ModelDatum
  | NetworkDatum
  | FunctionDatum
  | NamespaceDatum;

export const isList = (datum: Datum): datum is readonly Datum[] => Array.isArray(datum);

/** What a list or tuple holds with all lists in it, and how deeply these are nested. */
export interface Extent {
  readonly items: number;
  readonly depth: number;
}

const extents = new WeakMap<object, Extent>();
const single: Extent = { items: 1, depth: 0 };

/** A list that is part of others many times is counted each time, but looked at once. */
export function extentOf(datum: Datum): Extent {
  const list = datum instanceof TupleDatum ? datum.items : datum;
  if (!isList(list)) return single;
  const known = extents.get(list);
  if (known) return known;
  let [items, depth] = [1, 0];
  for (const item of list) {
    const inner = extentOf(item);
    items += inner.items;
    depth = Math.max(depth, inner.depth);
  }
  const extent = { items, depth: depth + 1 };
  extents.set(list, extent);
  return extent;
}

const listMax = 8;
const textMax = 60;
const shownDepth = 3;

/** The value itself, where it is short. */
export function datumText(datum: Datum, depth = 0): string {
  if (typeof datum === "string")
    return JSON.stringify(datum.length > textMax ? `${datum.slice(0, textMax)}…` : datum);
  if (typeof datum !== "object") return String(datum);
  if (datum instanceof TensorDatum) return typeText(datum.value.type);
  const list = datum instanceof TupleDatum ? datum.items : datum;
  if (!isList(list)) return kindText(datum);
  const shown =
    depth < shownDepth ? list.slice(0, listMax).map((item) => datumText(item, depth + 1)) : [];
  const text = [...shown, ...(list.length > shown.length ? ["…"] : [])].join(", ");
  return isList(datum) ? `[${text}]` : `(${text})`;
}

/** What it is, as messages say. */
export function kindText(datum: Datum): string {
  if (typeof datum === "number") return `the number ${datum}`;
  if (typeof datum === "boolean") return `${datum}`;
  if (typeof datum === "string") return "a string";
  if (isList(datum)) return "a list";
  if (datum instanceof TensorDatum) return `a tensor ${typeText(datum.value.type)}`;
  if (datum instanceof TupleDatum) return `${datum.items.length} values`;
  if (datum instanceof TypeDatum) return "a type";
  if (datum instanceof OperatorDatum) return `the operator '${datum.operator.name}'`;
  if (datum instanceof BlockDatum || datum instanceof ModelDatum)
    return `the ${datum.declaration.kind} '${datum.declaration.name.text}'`;
  if (datum instanceof NetworkDatum) return `the network '${datum.name}'`;
  if (datum instanceof FunctionDatum) return `the function '${datum.name}'`;
  return `the name space '${datum.name}'`;
}

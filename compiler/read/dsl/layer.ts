/** A call of an operator while it becomes nodes. */
import * as say from "../../diagnostics.ts";
import { type Attrs, constant, constantOf, type Node, type Value } from "../../ir/graph.ts";
import { type Tensor, tensorOf } from "../../ir/tensor.ts";
import { type ElementType, elementCount, type Shape, typeBytes } from "../../ir/types.ts";
import { literalElement } from "../../language/operators/literals.ts";
import type {
  ArgumentKind,
  ArgumentSpec,
  LayerCall,
  LayerOperator,
  NodeDetails,
  ParameterSpec,
  Plain,
  StoredType,
} from "../../language/operators/operator.ts";
import { fail } from "../../ops/operator.ts";
import { findOperator } from "../../ops/registry.ts";
import type { Bound } from "./arguments.ts";
import { placeOf } from "./problems.ts";
import type { Context, Given } from "./scope.ts";
import type { Site } from "./source.ts";
import { type Datum, isList, kindText, TensorDatum, TupleDatum, TypeDatum } from "./values.ts";

const kindNames: Record<ArgumentKind, string> = {
  tensor: "a tensor",
  tensors: "tensors",
  int: "a whole number",
  ints: "whole numbers",
  number: "a number",
  numbers: "numbers",
  boolean: "true or false",
  string: "a string",
  strings: "strings",
  constant: "numbers",
  type: "a type",
};

const isNumber = (d: Datum): d is number => typeof d === "number";
const isWhole = (d: Datum): d is number => isNumber(d) && Number.isInteger(d);

const outputsMax = 10_000;

/** The datum as a kind of argument has it; undefined where it is of another kind. */
function plainOf(kind: ArgumentKind, datum: Datum): Plain | undefined {
  const list = datum instanceof TupleDatum ? datum.items : datum;
  const all = <T extends Datum>(is: (d: Datum) => d is T): T[] | undefined =>
    isList(list) && list.every(is) ? (list as T[]) : undefined;
  switch (kind) {
    case "int":
      return isWhole(datum) ? datum : undefined;
    case "ints":
      return isWhole(datum) ? datum : (all(isWhole) ?? undefined);
    case "number":
      return isNumber(datum) ? datum : undefined;
    case "numbers":
      return isNumber(datum) ? datum : (all(isNumber) ?? undefined);
    case "boolean":
      return typeof datum === "boolean" ? datum : undefined;
    case "string":
      if (datum instanceof TypeDatum && !datum.shape) return datum.elem;
      return typeof datum === "string" ? datum : undefined;
    case "strings":
      return all((d): d is string => typeof d === "string");
    default:
      return undefined;
  }
}

/** Numbers in lists in lists, with the shape that these have. */
export function numbersWithShape(datum: Datum): { shape: number[]; values: number[] } | undefined {
  if (isNumber(datum)) return { shape: [], values: [datum] };
  if (typeof datum === "boolean") return { shape: [], values: [Number(datum)] };
  if (!isList(datum)) return undefined;
  const items = datum.map(numbersWithShape);
  const [first] = items;
  if (!first) return datum.length === 0 ? { shape: [0], values: [] } : undefined;
  if (items.some((item) => item?.shape.join() !== first.shape.join())) return undefined;
  return { shape: [datum.length, ...first.shape], values: items.flatMap((item) => item!.values) };
}

export class Layer implements LayerCall {
  readonly name: string;
  readonly #operator: LayerOperator;
  readonly #bound: Bound;
  readonly #site: Site;
  readonly #context: Context;

  constructor(operator: LayerOperator, bound: Bound, name: string, site: Site, context: Context) {
    this.name = name;
    this.#operator = operator;
    this.#bound = bound;
    this.#site = site;
    this.#context = context;
  }

  #spec(name: string): ArgumentSpec {
    return this.#operator.args.find((a) => a.name === name)!;
  }

  #wrong(name: string, given: Given): never {
    const { kinds } = this.#spec(name);
    const wanted = kinds.map((kind) => kindNames[kind]).join(" or ");
    return this.#context.session.fail(
      say.wrongKind(placeOf(given.site), `${wanted} for '${name}'`, kindText(given.datum)),
    );
  }

  #elementOf(argument: string): ElementType | undefined {
    const given = this.#bound.get(argument) ?? [];
    const tensor = given.find((g) => g.datum instanceof TensorDatum)?.datum;
    return tensor instanceof TensorDatum ? tensor.value.type.elem : undefined;
  }

  #tensorOf(spec: ArgumentSpec, given: Given): Value {
    if (given.datum instanceof TensorDatum) return given.datum.value;
    const numbers = numbersWithShape(given.datum);
    if (!numbers) return this.#wrong(spec.name, given);
    const { shape, values } = numbers;
    const elem = literalElement(this.#operator.args, spec, (name) => this.#elementOf(name));
    return this.literal(tensorOf(elem, shape, values));
  }

  tensor(name: string): Value {
    return this.maybeTensor(name) ?? fail(`'${name}' is missing`);
  }

  maybeTensor(name: string): Value | undefined {
    const [given] = this.#bound.get(name) ?? [];
    return given && this.#tensorOf(this.#spec(name), given);
  }

  tensors(name: string): readonly Value[] {
    const spec = this.#spec(name);
    return (this.#bound.get(name) ?? []).map((given) => this.#tensorOf(spec, given));
  }

  isTensor(name: string): boolean {
    const [given] = this.#bound.get(name) ?? [];
    return given !== undefined && typeof given.datum !== "boolean";
  }

  plain<T extends Plain>(name: string): T {
    return this.maybePlain<T>(name) ?? (this.#spec(name).initial as T);
  }

  maybePlain<T extends Plain>(name: string): T | undefined {
    const [given] = this.#bound.get(name) ?? [];
    if (!given) return undefined;
    for (const kind of this.#spec(name).kinds) {
      const plain = plainOf(kind, given.datum);
      if (plain !== undefined) return plain as T;
    }
    return this.#wrong(name, given);
  }

  constant(name: string): Tensor | undefined {
    const [given] = this.#bound.get(name) ?? [];
    if (!given) return undefined;
    if (given.datum instanceof TensorDatum)
      return constantOf(given.datum.value) ?? this.#wrong(name, given);
    const numbers = numbersWithShape(given.datum) ?? this.#wrong(name, given);
    return tensorOf("float32", numbers.shape, numbers.values);
  }

  type(name: string): { readonly elem: ElementType; readonly shape: Shape } {
    const [given] = this.#bound.get(name) ?? [];
    const { datum } = given!;
    if (!(datum instanceof TypeDatum) || !datum.shape) return this.#wrong(name, given!);
    return { elem: datum.elem, shape: datum.shape };
  }

  values(name: string): { readonly shape: Shape; readonly values: readonly number[] } {
    const [given] = this.#bound.get(name) ?? [];
    return numbersWithShape(given!.datum) ?? this.#wrong(name, given!);
  }

  parameter(spec: ParameterSpec): Value {
    const path = `${this.name}.${spec.name}`;
    return this.#context.session.parameters.value(path, spec, this.#site, this.#context);
  }

  /** One by its own name, behind those of the blocks around. */
  namedParameter(spec: ParameterSpec): Value {
    const { path, session } = this.#context;
    const full = path === "" ? spec.name : `${path}.${spec.name}`;
    return session.parameters.value(full, spec, this.#site, this.#context);
  }

  storedType(): StoredType | undefined {
    const [given] = this.#bound.get("type") ?? [];
    if (!given) return undefined;
    const { datum } = given;
    if (!(datum instanceof TypeDatum)) return this.#wrong("type", given);
    return { elem: datum.elem, quant: datum.quant };
  }

  literal(tensor: Tensor): Value {
    this.#context.session.spend(this.#site, elementCount(tensor.shape));
    return constant(tensor);
  }

  node(
    op: string,
    inputs: readonly (Value | undefined)[],
    attrs: Attrs = {},
    { suffix, outputCount = 1, stored, origins }: NodeDetails = {},
  ): Node {
    const { session } = this.#context;
    if (!(outputCount >= 1 && outputCount <= outputsMax))
      fail(`${outputCount} results are not from 1 to ${outputsMax}`);
    const operator = findOperator(op)!;
    if (operator.level !== "any" && operator.level !== session.level)
      fail(`is an operator of ${operator.level} graphs; the model is @level("${session.level}")`);
    const own = origins ?? [suffix ? `${this.name}.${suffix}` : this.name];
    const options = { origins: own, outputCount, ...(stored && { stored }) };
    const node = session.maker.make(operator, { inputs, attrs }, options);
    for (const { type } of node.outputs)
      if (!(typeBytes(type) < 2 ** 31))
        session.fail(say.tooLarge(placeOf(this.#site), this.name, typeBytes(type)));
    session.made(node, this.#site);
    return node;
  }
}

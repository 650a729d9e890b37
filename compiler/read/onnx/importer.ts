import * as say from "../../diagnostics.ts";
import { type Diagnostic, MoteError, type Place } from "../../diagnostics.ts";
import { type Attrs, constant, constantOf, type Node, type Value } from "../../ir/graph.ts";
import { float32s, int64s, type Tensor } from "../../ir/tensor.ts";
import { elementCount, isFloat, typeBytes, typeText } from "../../ir/types.ts";
import { buildNode } from "../../ops/build.ts";
import {
  type OperandSpec,
  type Operator,
  OperatorError,
  operandSpec,
  type RawNode,
} from "../../ops/operator.ts";
import { findOperator, operatorNames } from "../../ops/registry.ts";
import { attributeValue, readAttributes } from "./attributes.ts";
import type { NodeProto, TensorProto } from "./proto.ts";
import { TensorError, tensorFromProto } from "./tensors.ts";

/** Values that shapes are computed from are worked out up to this many elements. */
const knownElementsMax = 4096;

const normalDomain = (domain: string): string => (domain === "ai.onnx" ? "" : domain);

type NodePlace = Place & { readonly node: string };

/** Builds the values of a graph by name and gathers every problem on the way. */
export class Importer {
  readonly #file: string;
  readonly #opsets: ReadonlyMap<string, number>;
  readonly #warn: (d: Diagnostic) => void;
  readonly #values = new Map<string, Value>();
  /** Values that could not be made; what reads them is left out without a further message. */
  readonly #broken = new Set<string>();
  readonly #known = new Map<Value, Tensor>();
  readonly #errors: Diagnostic[] = [];

  constructor(file: string, opsets: ReadonlyMap<string, number>, warn: (d: Diagnostic) => void) {
    this.#file = file;
    this.#opsets = opsets;
    this.#warn = warn;
  }

  report = (d: Diagnostic): void => {
    if (d.severity === "error") this.#errors.push(d);
    else this.#warn(d);
  };

  has(name: string): boolean {
    return this.#values.has(name) || this.#broken.has(name);
  }

  /** @throws MoteError if anything was wrong. */
  finish(): void {
    if (this.#errors.length > 0) throw new MoteError(...this.#errors);
  }

  /** Runs `make`; problems are noted, and the names that it would have made are marked broken. */
  attempt(names: readonly string[], make: () => void): void {
    try {
      make();
    } catch (problem) {
      if (!(problem instanceof MoteError)) throw problem;
      problem.diagnostics.forEach(this.report);
      for (const name of names) this.#broken.add(name);
    }
  }

  define(name: string, value: Value, place: Place): void {
    if (name === "") return;
    if (this.has(name)) this.report(say.duplicateValue(place, name));
    this.#values.set(name, value);
  }

  /** The value of that name; a missing one is reported unless its maker was. */
  lookup(name: string, place: Place): Value | undefined {
    const value = this.#values.get(name);
    if (value === undefined && !this.#broken.has(name))
      this.report(say.undefinedValue(place, name, this.#values.keys()));
    return value;
  }

  initializer(proto: TensorProto): void {
    this.attempt([proto.name], () => {
      const tensor = this.#tensor(proto, proto.name);
      this.define(proto.name, constant(tensor, proto.name), { file: this.#file });
    });
  }

  nodes(order: readonly NodeProto[]): void {
    for (const node of order) this.attempt(node.output, () => this.#node(node));
  }

  #tensor(proto: TensorProto, name: string): Tensor {
    return this.#checked(name, () => tensorFromProto(proto, this.#file));
  }

  #checked(name: string, read: () => Tensor): Tensor {
    try {
      const tensor = read();
      if (isFloat(tensor.elem) && (tensor.data as Float32Array).some(Number.isNaN))
        throw new TensorError("holds NaN (not a number); the model is damaged or was not trained");
      return tensor;
    } catch (problem) {
      if (!(problem instanceof TensorError)) throw problem;
      throw new MoteError(say.badTensor(this.#file, name, problem.message));
    }
  }

  #node(proto: NodeProto): void {
    const place = { file: this.#file, node: proto.name || proto.output[0] || proto.opType };
    const domain = normalDomain(proto.domain);
    if (proto.opType === "Constant" && domain === "") this.#constant(proto, place);
    else this.#operatorNode(proto, domain, place);
  }

  #operatorNode(proto: NodeProto, domain: string, place: NodePlace): void {
    const operator = findOperator(proto.opType, domain);
    if (operator === undefined || operator.level === "lowered")
      throw new MoteError(say.unsupportedOperator(place, proto.opType, domain, operatorNames()));
    const inputs = proto.input.map((n) => (n === "" ? undefined : this.lookup(n, place)));
    if (proto.input.some((n, i) => n !== "" && inputs[i] === undefined)) {
      for (const name of proto.output) this.#broken.add(name);
      return;
    }
    this.#checkedNode(proto, operator, inputs, place);
  }

  #checkedNode(
    proto: NodeProto,
    operator: Operator,
    inputs: readonly (Value | undefined)[],
    place: Place,
  ): void {
    try {
      const attrs = readAttributes(proto, operator, place, this.report);
      const opset = this.#opsets.get(normalDomain(proto.domain)) ?? 1;
      const raw: RawNode = { op: operator.name, inputs, attrs };
      const upgraded = operator.upgrade?.(raw, opset) ?? raw;
      checkOperands(operator, upgraded.inputs);
      this.#define(proto, upgraded, place);
    } catch (problem) {
      if (!(problem instanceof OperatorError || problem instanceof TensorError)) throw problem;
      throw new MoteError(say.operatorProblem(place, proto.opType, problem.message));
    }
  }

  #define(proto: NodeProto, { op, inputs, attrs }: RawNode, place: Place): void {
    const known = (v: Value | undefined) => this.#knownValue(v);
    const node = buildNode(op, inputs, attrs, {
      names: proto.output,
      origins: [place.node!],
      outputCount: proto.output.length,
      known,
    });
    for (const { type, name } of node.outputs)
      if (!(typeBytes(type) < 2 ** 31))
        throw new MoteError(say.tooLarge(place, name, typeBytes(type)));
    this.#workOut(node);
    for (const [i, name] of proto.output.entries()) this.define(name, node.outputs[i]!, place);
  }

  #knownValue(value: Value | undefined): Tensor | undefined {
    return constantOf(value) ?? (value && this.#known.get(value));
  }

  /**
   * Keeps small values that follow from constants and shapes, since other shapes depend on them.
   */
  #workOut(node: Node): void {
    const inputs = node.inputs.map((v) => this.#knownValue(v));
    const ready = node.op === "Shape" || node.inputs.every((v, i) => !v || inputs[i]);
    if (!ready || node.outputs.some((v) => elementCount(v.type.shape) > knownElementsMax)) return;
    const results = findOperator(node.op)!.evaluate({
      inputs,
      attrs: node.attrs,
      inputTypes: node.inputs.map((v) => v?.type),
      types: node.outputs.map((v) => v.type),
      profile: "fast",
    });
    node.outputs.forEach((value, i) => this.#known.set(value, results[i]!));
  }

  #constant(proto: NodeProto, place: Place): void {
    const [attribute] = proto.attribute;
    const name = proto.output[0] ?? "";
    const tensor = this.#checked(name, () => {
      const value = attribute && attributeValue(attribute, this.#file);
      return constantTensor(attribute?.name ?? "", value);
    });
    this.define(name, constant(tensor, name), place);
  }
}

function constantTensor(name: string, value: Attrs[string] | undefined): Tensor {
  const list = (typeof value === "number" ? [value] : value) as readonly number[];
  const shape = typeof value === "number" ? [] : [list?.length ?? 0];
  if (name === "value" && value !== undefined) return value as Tensor;
  if (name === "value_float" || name === "value_floats") return float32s(shape, list);
  if (name === "value_int" || name === "value_ints") return { ...int64s(list), shape };
  throw new TensorError(`is a Constant of kind '${name}', which mote does not support`);
}

const fits = (spec: OperandSpec, value: Value, seen: Map<string, Value>): string | undefined => {
  const first = seen.get(spec.letter);
  if (first === undefined) seen.set(spec.letter, value);
  else if (first.type.elem !== value.type.elem)
    return `'${spec.name}' is ${typeText(value.type)}, but must have the type ${first.type.elem}`;
  return undefined;
};

/** Count and element types of a node's inputs against the operator's schema. */
function checkOperands(operator: Operator, inputs: readonly (Value | undefined)[]): void {
  const specs = operator.inputs.map(operandSpec);
  const last = specs.at(-1);
  if (inputs.length > specs.length && !last?.repeated)
    throw new OperatorError(`takes at most ${specs.length} inputs, but has ${inputs.length}`);
  const seen = new Map<string, Value>();
  for (let i = 0; i < Math.max(specs.length, inputs.length); i++) {
    const [spec, value] = [specs[i] ?? last!, inputs[i]];
    if (value === undefined) {
      if (!spec.optional && !spec.repeated)
        throw new OperatorError(`lacks its input '${spec.name}'`);
      continue;
    }
    const allowed = operator.types?.[spec.letter];
    if (allowed && !allowed.includes(value.type.elem))
      throw new OperatorError(
        `'${spec.name}' is ${typeText(value.type)}, but must be ${allowed.join(" or ")}`,
      );
    const problem = fits(spec, value, seen);
    if (problem) throw new OperatorError(problem);
  }
}

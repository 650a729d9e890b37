/** Nodes as every reader makes them: one network is one graph, whatever it was written in. */
import {
  type Attrs,
  type AttrValue,
  constantOf,
  makeNode,
  type Node,
  type Value,
} from "../ir/graph.ts";
import { isStorage } from "../ir/shared.ts";
import type { Tensor } from "../ir/tensor.ts";
import { elementCount, type Shape, typeText } from "../ir/types.ts";
import { type BuildOptions, buildNode } from "../ops/build.ts";
import { fromLegacy } from "../ops/legacy.ts";
import {
  type OperandSpec,
  type Operator,
  OperatorError,
  operandSpec,
  type RawNode,
} from "../ops/operator.ts";
import { findOperator } from "../ops/registry.ts";

/** Values that shapes are computed from are worked out up to this many elements. */
const knownElementsMax = 4096;

const fits = (spec: OperandSpec, value: Value, seen: Map<string, Value>): string | undefined => {
  const first = seen.get(spec.letter);
  if (first === undefined) seen.set(spec.letter, value);
  else if (first.type.elem !== value.type.elem)
    return `'${spec.name}' is ${typeText(value.type)}, but must have the type ${first.type.elem}`;
  return undefined;
};

/** Count and element types of a node's inputs against the operator's schema. */
export function checkOperands(
  operator: { readonly inputs: Operator["inputs"]; readonly types?: Operator["types"] | undefined },
  inputs: readonly (Value | undefined)[],
  isStored: boolean,
): void {
  const specs = operator.inputs.map(operandSpec);
  const last = specs.at(-1);
  if (inputs.length > specs.length && !last?.repeated)
    throw new OperatorError(`takes at most ${specs.length} inputs, but has ${inputs.length}`);
  const seen = new Map<string, Value>();
  for (let i = 0; i < Math.max(specs.length, inputs.length); i++) {
    const [spec, value] = [specs[i] ?? last!, inputs[i]];
    if (value === undefined) {
      // Of those that are repeated there may be none, but behind others.
      const isNeeded = spec.repeated ? i === 0 || i < inputs.length : !spec.optional;
      if (isNeeded) throw new OperatorError(`lacks its input '${spec.name}'`);
      continue;
    }
    // Integer forms take types that ONNX's do not; the verifier knows them.
    if (isStored) continue;
    const allowed = operator.types?.[spec.letter];
    if (allowed && !allowed.includes(value.type.elem))
      throw new OperatorError(
        `'${spec.name}' is ${typeText(value.type)}, but must be ${allowed.join(" or ")}`,
      );
    const problem = spec.letter === "any" ? undefined : fits(spec, value, seen);
    if (problem) throw new OperatorError(problem);
  }
}

/** What a newer form of a node computes on the way belongs to its layer, too. */
function ofLayer(
  value: Value,
  given: readonly (Value | undefined)[],
  origins: readonly string[],
): Value {
  const { node, index } = value;
  const isNew = node.op !== "Constant" && node.op !== "Input" && node.origins.length === 0;
  if (!isNew || given.includes(value) || isStorage(node.op, node.inputs[0])) return value;
  const inputs = node.inputs.map((v) => v && ofLayer(v, given, origins));
  const types = node.outputs.map((v) => v.type);
  const names = node.outputs.map((v) => v.name);
  return makeNode({ ...node, inputs, types, names, origins }).outputs[index]!;
}

/** A list of one number stands for lists of any length that hold nothing else. */
function isDefault(value: AttrValue, absent: AttrValue | undefined): boolean {
  if (!Array.isArray(value) || !Array.isArray(absent)) return value === absent;
  return absent.length === 1 && value.every((x) => x === absent[0]);
}

/** The attributes that say more than ONNX takes anyway. */
const canonical = (attrs: Attrs, { defaults = {} }: Operator): Attrs =>
  Object.fromEntries(
    Object.entries(attrs).filter(([name, value]) => !isDefault(value, defaults[name])),
  );

export interface NodeOptions {
  readonly origins: readonly string[];
  readonly outputCount: number;
  /** Of the operator's domain. */
  readonly opset?: number;
  /** Instead of the type that the operator gives. */
  readonly stored?: BuildOptions["stored"];
  /** The shapes that the model declares for the outputs. */
  readonly declared?: readonly (Shape | undefined)[];
  /** Told of an input for which declared shapes stand. */
  readonly onDeclared?: (input: string) => void;
}

/** Makes nodes in their newest form, and follows the values that shapes are computed from. */
export class NodeMaker {
  readonly #known = new Map<Value, Tensor>();

  /** @throws OperatorError */
  make(operator: Operator, given: Omit<RawNode, "op">, options: NodeOptions): Node {
    const raw: RawNode = { ...given, op: operator.name };
    const { opset = Infinity } = options;
    const later = fromLegacy(raw, opset);
    const newest = operator.upgrade?.(later, opset) ?? later;
    checkOperands(operator, newest.inputs, options.stored !== undefined);
    const { op, inputs: made, attrs } = this.#withDeclared(operator, newest, options);
    const inputs = made.map((v) => v && ofLayer(v, given.inputs, options.origins));
    const last = inputs.findLastIndex((v) => v !== undefined);
    const node = buildNode(op, inputs.slice(0, last + 1), canonical(attrs, operator), {
      origins: isStorage(op, inputs[0]) ? [] : options.origins,
      outputCount: options.outputCount,
      known: (v) => this.known(v),
      ...(options.stored && { stored: options.stored }),
    });
    this.#workOut(node);
    return node;
  }

  /** Declared shapes in place of inputs that decide shapes and are not known. */
  #withDeclared(operator: Operator, node: RawNode, { declared, onDeclared }: NodeOptions): RawNode {
    const { declares } = operator;
    const open = declares?.inputs.find((i) => node.inputs[i] && !this.known(node.inputs[i]));
    const first = declared?.[0];
    if (!declares || !first || open === undefined) return node;
    const all = declared.filter((shape) => shape !== undefined);
    if (declares.take && all.length < declared.length) return node;
    onDeclared?.(operandSpec(operator.inputs[open]!).name);
    if (declares.take) return declares.take(node, all);
    return { ...node, attrs: { ...node.attrs, declared: first } };
  }

  known(value: Value | undefined): Tensor | undefined {
    return constantOf(value) ?? (value && this.#known.get(value));
  }

  /** Keeps small values that follow from constants and shapes: other shapes depend on them. */
  #workOut(node: Node): void {
    const inputs = node.inputs.map((v) => this.known(v));
    const operator = findOperator(node.op)!;
    const ready = operator.ofTypes || node.inputs.every((v, i) => !v || inputs[i]);
    if (!ready || node.outputs.some((v) => elementCount(v.type.shape) > knownElementsMax)) return;
    const results = operator.evaluate({
      inputs,
      attrs: node.attrs,
      inputTypes: node.inputs.map((v) => v?.type),
      types: node.outputs.map((v) => v.type),
      profile: "fast",
    });
    node.outputs.forEach((value, i) => this.#known.set(value, results[i]!));
  }
}

import * as say from "../../diagnostics.ts";
import { type Diagnostic, MoteError, type Place } from "../../diagnostics.ts";
import { constant, type Node, type Value } from "../../ir/graph.ts";
import type { Tensor } from "../../ir/tensor.ts";
import { isFloat, type Shape, typeBytes } from "../../ir/types.ts";
import { legacyAttrs } from "../../ops/legacy.ts";
import { checkChoices, fail, type Operator, OperatorError } from "../../ops/operator.ts";
import { findOperator, operatorNames } from "../../ops/registry.ts";
import { checkOperands, NodeMaker } from "../nodes.ts";
import { constantTensor, readAttributes } from "./attributes.ts";
import { composed } from "./composed.ts";
import { control, type Scope } from "./control.ts";
import type { Composed } from "./expansion.ts";
import type { NodeProto, TensorProto } from "./proto.ts";
import { sortNodes } from "./sort.ts";
import { TensorError, tensorFromProto } from "./tensors.ts";

const normalDomain = (domain: string): string => (domain === "ai.onnx" ? "" : domain);

const composedOf = ({ domain, opType }: NodeProto): Composed | undefined =>
  composed.get(normalDomain(domain) ? `${domain}.${opType}` : opType);

const operatorOf = ({ domain, opType }: NodeProto): Operator | undefined =>
  normalDomain(domain) === "" ? findOperator(opType) : undefined;

const controlOf = ({ domain, opType }: NodeProto) =>
  normalDomain(domain) === "" ? control[opType] : undefined;

/** Whether mote has an operator of that name itself. */
export const isKnown = (node: NodeProto): boolean =>
  [composedOf, controlOf, operatorOf].some((find) => find(node) !== undefined);

type NodePlace = Place & { readonly node: string };

export interface ImportOptions {
  readonly file: string;
  readonly opsets: ReadonlyMap<string, number>;
  /** The shapes that the file declares, by value. */
  readonly declared: ReadonlyMap<string, Shape>;
  /** The output's shape, where all operators between are elementwise. */
  readonly outputShape?: Shape | undefined;
  readonly warn: (d: Diagnostic) => void;
}

/** Builds the values of a graph by name and gathers every problem on the way. */
export class Importer {
  readonly #file: string;
  readonly #opsets: ReadonlyMap<string, number>;
  readonly #outputShape: Shape | undefined;
  readonly #declared: ReadonlyMap<string, Shape>;
  readonly #warn: (d: Diagnostic) => void;
  readonly #values = new Map<string, Value>();
  /** Values that could not be made; what reads them is left out without a further message. */
  readonly #broken = new Set<string>();
  readonly #maker = new NodeMaker();
  readonly #errors: Diagnostic[] = [];

  constructor({ file, opsets, declared, outputShape, warn }: ImportOptions) {
    this.#outputShape = outputShape;
    this.#file = file;
    this.#opsets = opsets;
    this.#declared = declared;
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
    const flow = controlOf(proto);
    if (flow) this.#named(proto, place, () => flow(proto, this.#scope(place)));
    else if (proto.opType === "Constant" && domain === "") this.#constant(proto, place);
    else this.#operatorNode(proto, domain, place);
  }

  /** What a graph within a node may use. */
  #scope(place: NodePlace): Scope {
    return {
      add: (graph) => {
        for (const tensor of graph.initializer) this.initializer(tensor);
        this.nodes(sortNodes(graph.node).order);
      },
      define: (name, value) => this.define(name, value, place),
      value: (name) => this.lookup(name, place),
      known: (value) => this.#maker.known(value),
      make: (op, inputs, attrs = {}) =>
        this.#maker.make(
          findOperator(op)!,
          { inputs, attrs },
          { origins: [place.node], outputCount: 1 },
        ).outputs[0]!,
    };
  }

  #operatorNode(proto: NodeProto, domain: string, place: NodePlace): void {
    const expanded = composedOf(proto);
    const operator = operatorOf(proto);
    if (!expanded && (operator === undefined || operator.level === "lowered"))
      throw new MoteError(say.unsupportedOperator(place, proto.opType, domain, operatorNames()));
    const inputs = proto.input.map((n) => (n === "" ? undefined : this.lookup(n, place)));
    if (proto.input.some((n, i) => n !== "" && inputs[i] === undefined)) {
      for (const name of proto.output) this.#broken.add(name);
      return;
    }
    if (expanded) this.#expandedNode(proto, expanded, inputs, place);
    else this.#checkedNode(proto, operator!, inputs, place);
  }

  /** A node that stands for several of ONNX's. */
  #expandedNode(
    proto: NodeProto,
    operator: Composed,
    inputs: readonly (Value | undefined)[],
    place: NodePlace,
  ): void {
    this.#named(proto, place, () => {
      const attrs = readAttributes(proto, operator.attrs, place, this.report);
      checkChoices(operator.attrs, attrs);
      checkOperands(operator, inputs, false);
      const made = operator.expand({
        inputs,
        attrs,
        make: (op, operands, own = {}, more = {}) => {
          const options = { origins: [place.node], outputCount: 1, ...more };
          return this.#maker.make(findOperator(op)!, { inputs: operands, attrs: own }, options)
            .outputs[0]!;
        },
      });
      this.#define(proto, [made].flat() as readonly (Value | undefined)[], place);
    });
  }

  /** What an operator says of a node, with its name. */
  #named(proto: NodeProto, place: Place, make: () => void): void {
    try {
      make();
    } catch (problem) {
      if (!(problem instanceof OperatorError || problem instanceof TensorError)) throw problem;
      throw new MoteError(say.operatorProblem(place, proto.opType, problem.message));
    }
  }

  #checkedNode(
    proto: NodeProto,
    operator: Operator,
    inputs: readonly (Value | undefined)[],
    place: Place,
  ): void {
    this.#named(proto, place, () => {
      const opset = (proto.opsets ?? this.#opsets).get(normalDomain(proto.domain)) ?? 1;
      const schema = {
        ...operator.attrs,
        ...legacyAttrs(proto.opType, opset),
      };
      const attrs = readAttributes(proto, schema, place, this.report);
      const options = { origins: [place.node!], outputCount: proto.output.length, opset };
      const make = (declared: readonly (Shape | undefined)[]) => {
        const onDeclared = (input: string) =>
          this.report(say.declaredStands(place, proto.opType, input, declared[0]!));
        const raw = { inputs, attrs };
        return this.#maker.make(operator, raw, { ...options, declared, onDeclared });
      };
      this.#define(proto, this.#shaped(proto, make).outputs, place);
    });
  }

  /**
   * A node of the shapes that the file declares. Where every element has its place from the first
   * node to the output, whose shape is declared, so has what a Range makes.
   */
  #shaped(
    { opType, output }: NodeProto,
    make: (declared: readonly (Shape | undefined)[]) => Node,
  ): Node {
    try {
      return make(output.map((name) => this.#declared.get(name)));
    } catch (problem) {
      if (!(problem instanceof OperatorError) || opType !== "Range" || !this.#outputShape)
        throw problem;
      return make([this.#outputShape]);
    }
  }

  #define(proto: NodeProto, outputs: readonly (Value | undefined)[], place: Place): void {
    for (const [i, v] of outputs.entries())
      if (v && !(typeBytes(v.type) < 2 ** 31))
        throw new MoteError(say.tooLarge(place, proto.output[i]!, typeBytes(v.type)));
    if (proto.output.length > outputs.length)
      fail(`makes ${outputs.length} results, not ${proto.output.length}`);
    for (const [i, name] of proto.output.entries()) {
      if (name === "") continue;
      this.define(name, outputs[i] ?? fail(`does not make its result number ${i + 1}`), place);
    }
  }

  #constant(proto: NodeProto, place: Place): void {
    const [attribute] = proto.attribute;
    const name = proto.output[0] ?? "";
    const tensor = this.#checked(name, () => constantTensor(attribute, this.#file));
    this.define(name, constant(tensor, name), place);
  }
}

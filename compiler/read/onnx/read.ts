/** An ONNX file → Graph<"imported">: what the file says, in the newest opset's form. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import * as say from "../../diagnostics.ts";
import { type Diagnostic, MoteError } from "../../diagnostics.ts";
import { type Graph, type GraphOutput, input, makeGraph, type Value } from "../../ir/graph.ts";
import { withSharedConstants } from "../../ir/shared.ts";
import { type Shape, sameShape, type TensorType, typeBytes, typeText } from "../../ir/types.ts";
import { OperatorError } from "../../ops/operator.ts";
import { findOperator } from "../../ops/registry.ts";
import { elementwiseRows } from "../../ops/rows.ts";
import { elementTypeOf } from "../../ops/typing.ts";
import { fileBytes } from "../size.ts";
import { Importer, isKnown } from "./importer.ts";
import { inlined } from "./inline.ts";
import {
  type DimensionProto,
  decodeModel,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  toNumber,
  type ValueInfoProto,
} from "./proto.ts";
import { sortNodes } from "./sort.ts";
import { typeName } from "./tensors.ts";

export interface ReadOptions {
  /** Shapes that stand for the file's own, by input name. */
  readonly shapes?: ReadonlyMap<string, readonly number[]> | undefined;
  /** Takes warnings; errors are thrown together. */
  readonly report: (d: Diagnostic) => void;
}

const oldestOpset = 1;
const newestOpset = 26;

/** @throws MoteError */
export function decodeFile(file: string): ModelProto {
  const size = fileBytes(file);
  if (size === undefined) throw new MoteError(say.fileNotFound(file));
  if (size >= 2 ** 31) throw new MoteError(say.notOnnx(file, "it is larger than 2 GB"));
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch {
    throw new MoteError(say.fileNotFound(file));
  }
  try {
    return decodeModel(bytes);
  } catch {
    throw new MoteError(say.notOnnx(file, "its data is damaged or cut off"));
  }
}

/** Opset by domain; "ai.onnx" is another name of the default domain. */
function opsetsOf(model: ModelProto, file: string, report: ReadOptions["report"]) {
  const opsets = new Map(
    model.opsetImport.map((o) => [o.domain === "ai.onnx" ? "" : o.domain, toNumber(o.version)]),
  );
  const opset = opsets.get("") ?? newestOpset;
  if (opset < oldestOpset) throw new MoteError(say.unsupportedOpset(file, opset, oldestOpset));
  if (opset > newestOpset) report(say.newerOpset(file, opset, newestOpset));
  return opsets.set("", opset);
}

const hasSize = (d: DimensionProto): boolean =>
  d.dimValue !== undefined && Object.hasOwn(d, "dimValue");

/**
 * A number, or what stands for one. A batch, the first of several axes, is 1 where the file leaves
 * it open, or says 0, as some exporters do.
 */
const dimension = (d: DimensionProto, axis: number, { length }: readonly unknown[]): string => {
  const value = hasSize(d) ? toNumber(d.dimValue!) : -1;
  const isBatch = axis === 0 && length > 1;
  if (value > 0 || (value === 0 && !isBatch)) return String(value);
  return axis === 0 ? "1" : d.dimParam || "?";
};

/** The file's own shape, which must be fixed. */
function fileShape(dims: string[] | undefined, { name }: ValueInfoProto, file: string): number[] {
  if (dims === undefined) throw new MoteError(say.openDimension(file, name, ["unknown"]));
  const shape = dims.map(Number);
  if (shape.some(Number.isNaN)) throw new MoteError(say.openDimension(file, name, dims));
  return shape;
}

function checkSizes(name: string, shape: Shape): void {
  if (shape.some((d) => !Number.isInteger(d) || d < 0))
    throw new MoteError(say.badShapeOption(`${name}=${shape}`));
}

/** A shape from the options, of the file's rank. */
function givenShape(
  shape: readonly number[],
  { name }: ValueInfoProto,
  dims: readonly string[] | undefined,
): readonly number[] {
  checkSizes(name, shape);
  if (dims !== undefined && dims.length !== shape.length)
    throw new MoteError(say.shapeRank(name, shape.length, dims));
  return shape;
}

function inputType(info: ValueInfoProto, file: string, options: ReadOptions): TensorType {
  const tensor = info.type?.tensorType;
  if (!tensor) throw new MoteError(say.unsupportedType(file, info.name, "of no tensor"));
  const elem = elementTypeOf(tensor.elemType);
  if (elem === undefined)
    throw new MoteError(say.unsupportedType(file, info.name, typeName(tensor.elemType)));
  const dims = tensor.shape?.dim.map(dimension);
  const given = options.shapes?.get(info.name);
  const type = { elem, shape: given ? givenShape(given, info, dims) : fileShape(dims, info, file) };
  if (typeBytes(type) >= 2 ** 31)
    throw new MoteError(say.tooLarge({ file }, info.name, typeBytes(type)));
  return type;
}

function importInputs(graph: GraphProto, importer: Importer, file: string, options: ReadOptions) {
  const inputs: Value[] = [];
  const infos = graph.input.filter((info) => !importer.has(info.name));
  const results = new Set(graph.node.flatMap((n) => n.output));
  for (const name of options.shapes?.keys() ?? [])
    if (!infos.some((i) => i.name === name) && !results.has(name))
      importer.report(
        say.unknownShape(
          name,
          infos.map((i) => i.name),
        ),
      );
  for (const info of infos)
    importer.attempt([info.name], () => {
      const value = input(info.name, inputType(info, file, options));
      importer.define(info.name, value, { file });
      inputs.push(value);
    });
  return inputs;
}

/** Whether the options give an input another shape than the file does. */
const isReshaped = ({ input }: GraphProto, { shapes }: ReadOptions): boolean =>
  input.some(({ name, type }) => {
    const given = shapes?.get(name);
    const dims = type?.tensorType?.shape?.dim;
    const isOwn = (d: DimensionProto, i: number) =>
      !hasSize(d) || toNumber(d.dimValue!) === given![i];
    return given !== undefined && !dims?.every(isOwn);
  });

/** The shapes that the options give for results of nodes. */
function givenShapes({ node }: GraphProto, { shapes }: ReadOptions): Map<string, Shape> {
  const given = node.flatMap((n) => n.output).filter((name) => shapes?.has(name));
  for (const name of given) checkSizes(name, shapes!.get(name)!);
  return new Map(given.map((name) => [name, shapes!.get(name)!]));
}

/** The shapes that the file declares for values, where they are fixed. */
function declaredShapes({ output, valueInfo }: GraphProto): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const { name, type } of [...valueInfo, ...output]) {
    const dims = type?.tensorType?.shape?.dim;
    if (dims?.every((d) => hasSize(d) && toNumber(d.dimValue!) >= 0))
      shapes.set(
        name,
        dims.map((d) => toNumber(d.dimValue!)),
      );
  }
  return shapes;
}

const placeless = ["Range", "Cast", "CastLike", "Constant"];

/** Whether elements keep their places from node to node. */
const isElementwise = ({ node, output }: GraphProto): boolean =>
  output.length === 1 &&
  node.every(
    (n) => placeless.includes(n.opType) || findOperator(n.opType)?.rows === elementwiseRows,
  );

/** What the graph makes must have the shape that the options give for it. */
function checkGiven(given: ReadonlyMap<string, Shape>, importer: Importer, file: string): void {
  for (const [name, shape] of given)
    importer.attempt([], () => {
      const type = importer.lookup(name, { file })?.type;
      if (type && !sameShape(type.shape, shape))
        throw new MoteError(
          say.outputMismatch(file, name, typeText({ ...type, shape }), typeText(type)),
        );
    });
}

/** A declared output type must be what the graph makes; symbolic dimensions fit anything. */
function checkOutput(info: ValueInfoProto, { type }: Value, file: string): void {
  const declared = info.type?.tensorType;
  if (!declared?.elemType) return;
  const dims = declared.shape?.dim.map((d, i, all) => {
    const size = d.dimParam ? "?" : dimension(d, i || 1, all);
    return i === 0 && all.length > 1 && size === "0" ? "?" : size;
  });
  const fits =
    dims === undefined ||
    (dims.length === type.shape.length &&
      dims.every((d, i) => d === "?" || Number(d) === type.shape[i]));
  if (elementTypeOf(declared.elemType) !== type.elem || !fits) {
    const text = `${typeName(declared.elemType)}[${(dims ?? []).join(", ")}]`;
    throw new MoteError(say.outputMismatch(file, info.name, text, typeText(type)));
  }
}

function importOutputs(graph: GraphProto, importer: Importer, file: string, reshaped: boolean) {
  const outputs: GraphOutput[] = [];
  for (const info of graph.output)
    importer.attempt([], () => {
      const value = importer.lookup(info.name, { file });
      if (value === undefined) return;
      if (!reshaped) checkOutput(info, value, file);
      outputs.push({ name: info.name, value });
    });
  return outputs;
}

/** No node is read, and outputs that lack for that reason get no further message. */
function refuseCycle(
  graph: GraphProto,
  cyclic: readonly NodeProto[],
  importer: Importer,
  file: string,
): void {
  const names = cyclic.map((n) => n.name || n.output[0] || n.opType);
  importer.attempt(
    graph.node.flatMap((n) => n.output),
    () => {
      throw new MoteError(say.cyclicGraph(file, names));
    },
  );
}

/** The graph with the model's own functions in place of their calls. */
function withoutCalls({ graph, functions }: ModelProto, file: string): GraphProto | null {
  try {
    const nodes = graph && inlined(graph.node, functions, isKnown);
    return graph && Object.assign(Object.create(graph) as GraphProto, { node: nodes });
  } catch (problem) {
    if (!(problem instanceof OperatorError)) throw problem;
    throw new MoteError(say.notOnnx(file, problem.message));
  }
}

/** @throws MoteError with every problem that was found. */
export function readOnnx(file: string, options: ReadOptions): Graph<"imported"> {
  const model = decodeFile(file);
  const graph = withoutCalls(model, file);
  if (!graph) throw new MoteError(say.notOnnx(file, "it holds no graph"));
  const opsets = opsetsOf(model, file, options.report);
  const reshaped = isReshaped(graph, options);
  const given = givenShapes(graph, options);
  const declared = new Map([...(reshaped ? [] : declaredShapes(graph)), ...given]);
  const outputShape = isElementwise(graph) ? declared.get(graph.output[0]?.name ?? "") : undefined;
  const importer = new Importer({ file, opsets, declared, outputShape, warn: options.report });
  if (graph.sparseInitializer.length > 0)
    importer.report(say.unsupportedType(file, "an initialiser", "sparse tensor"));
  for (const tensor of graph.initializer) importer.initializer(tensor);
  const inputs = importInputs(graph, importer, file, options);
  const { order, cyclic } = sortNodes(graph.node);
  if (cyclic.length > 0) refuseCycle(graph, cyclic, importer, file);
  else importer.nodes(order);
  if (graph.output.length === 0) importer.report(say.emptyGraph(file, "output"));
  checkGiven(given, importer, file);
  const outputs = importOutputs(graph, importer, file, reshaped);
  importer.finish();
  const name = graph.name || basename(file);
  return withSharedConstants(makeGraph("imported", name, inputs, outputs));
}

/** A model: its sizes, inputs, weights, layers and outputs, as a graph. */
import * as say from "../../diagnostics.ts";
import { MoteError } from "../../diagnostics.ts";
import { type Graph, type GraphOutput, input, makeGraph, type Value } from "../../ir/graph.ts";
import type * as ast from "../../language/ast.ts";
import { findOperator } from "../../ops/registry.ts";
import { annotate, levelOf } from "./annotations.ts";
import { checkType, dequantizedAs, quantizedAs, typeOf } from "./ascribe.ts";
import { runBody } from "./blocks.ts";
import { evaluate, nameText } from "./evaluate.ts";
import type { Files } from "./files.ts";
import { placeOf, Reported } from "./problems.ts";
import { type Context, Scope, siteOf } from "./scope.ts";
import type { Session } from "./session.ts";
import { kindText, type ModelDatum, TensorDatum } from "./values.ts";
import { addWeights } from "./weights.ts";

/** Shapes that stand for the model's own, by input name. */
export type GivenShapes = ReadonlyMap<string, readonly number[]>;

/** Sizes that have a name: from --shape, or as they are written. */
function bindSizes(model: ast.ModelDeclaration, context: Context, shapes: GivenShapes): void {
  const { session, scope } = context;
  const given = new Map<string, number>();
  for (const { name, label, type } of model.parameters) {
    const shape = shapes.get(nameText(name, label, context));
    type?.dims?.forEach((dim, i) => {
      if (dim.kind === "reference" && shape) given.set(dim.name.text, shape[i] ?? 0);
    });
  }
  for (const { name, type, initial } of model.parameters) {
    if (type) continue;
    const own = given.get(name.text);
    if (own === undefined && !initial)
      session.fail(
        say.badArguments(
          placeOf(siteOf(context, name)),
          name.text,
          "is neither an input nor a size",
          `Write ${name.text}: float[…] for an input, ${name.text} = 98 for a size.`,
        ),
      );
    const datum = own ?? evaluate(initial!, context);
    scope.declare(name, "parameter", datum, context);
  }
}

function makeInput(parameter: ast.Parameter, context: Context, shapes: GivenShapes): Value {
  const { session, scope } = context;
  const { name, label, type, layout, initial } = parameter;
  const said = typeOf(type!, context);
  const place = placeOf(siteOf(context, parameter));
  if (initial)
    session.fail(say.badArguments(place, name.text, "is an input, which has no initial value"));
  const own = nameText(name, label, context);
  const given = shapes.get(own);
  if (given && said.shape && given.length !== said.shape.length)
    throw new MoteError(say.shapeRank(own, given.length, said.shape.map(String)));
  const shape = given ?? said.shape;
  if (!shape)
    return session.fail(
      say.badArguments(place, name.text, "needs a shape", "Write float[1, 3, 32, 32]."),
    );
  const isLowered = session.level === "lowered";
  const quant = isLowered ? said.quant : undefined;
  const value = input(own, { elem: said.elem, shape, quant });
  const real = said.quant && !isLowered ? dequantizedAs(value, said, type!, context) : value;
  const site = siteOf(context, parameter);
  const datum = layout ? planar(real, layout, own, context) : real;
  scope.declare(name, "input", new TensorDatum(datum, site), context);
  return value;
}

/** Channels last → channels first, as operators take them. */
function planar(value: Value, layout: ast.Name, name: string, context: Context): Value {
  const { session } = context;
  const rank = value.type.shape.length;
  if (layout.text !== "nhwc" || rank < 3)
    return session.fail(
      layout.text === "nhwc"
        ? say.wrongKind(
            placeOf(siteOf(context, layout)),
            "a shape [batch, …, channels]",
            `of rank ${rank}`,
          )
        : say.unknownMember(placeOf(siteOf(context, layout)), "An input", layout.text, ["nhwc"]),
    );
  const perm = [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];
  const node = session.maker.make(
    findOperator("Transpose")!,
    { inputs: [value], attrs: { perm } },
    { origins: [`${name}_planar`], outputCount: 1 },
  );
  session.made(node, siteOf(context, layout));
  return node.outputs[0]!;
}

function makeOutput(output: ast.Output, context: Context): GraphOutput {
  const { session, scope } = context;
  const { name, label, type } = output;
  const binding = scope.find(name.text)!;
  if (binding.isBroken) throw new Reported();
  const { datum } = binding;
  const place = placeOf(siteOf(context, name));
  if (datum === undefined) return session.fail(say.outputMissing(place, name.text));
  if (!(datum instanceof TensorDatum))
    return session.fail(say.wrongKind(place, "a tensor", kindText(datum)));
  const own = nameText(name, label, context);
  if (!type) return { name: own, value: datum.value };
  const said = typeOf(type, context);
  if (said.quant) return { name: own, value: quantizedAs(datum.value, said, type, context) };
  checkType(datum.value, said, type, context);
  return { name: own, value: datum.value };
}

/** Runs one step after another, however many of them fail. */
function each<T, R>(items: readonly T[], run: (item: T) => R): R[] {
  return items.flatMap((item) => {
    try {
      return [run(item)];
    } catch (problem) {
      if (!(problem instanceof Reported)) throw problem;
      return [];
    }
  });
}

/** A shape was given that no input takes. */
function checkShapes(shapes: GivenShapes, inputs: readonly Value[]): void {
  const names = inputs.map((v) => v.name);
  for (const name of shapes.keys())
    if (!names.includes(name)) throw new MoteError(say.unknownShape(name, names));
}

function runModel({ name, body }: ast.ModelDeclaration, context: Context, files: Files): void {
  const isWeights = (s: ast.Statement): s is ast.WeightsStatement => s.kind === "weights";
  each(body.filter(isWeights), (statement) => addWeights(statement, context, files));
  const layers = body.filter((s) => !isWeights(s));
  if (runBody(layers, context) !== undefined)
    context.session.problems.add(
      say.badArguments(
        placeOf(siteOf(context, name)),
        "return",
        "stands in a block, not in a model",
        "Give the outputs their values by name.",
      ),
    );
}

/** The graph of a model. @throws Reported where it would lack something. */
export function graphOf(
  { declaration: model, scope: file }: ModelDatum,
  session: Session,
  files: Files,
  shapes: GivenShapes,
): Graph<"imported" | "lowered"> {
  const scope = new Scope();
  const context = { session, source: file.source, file, scope, path: "", frame: undefined };
  session.level = levelOf(model.annotations, context);
  bindSizes(model, context, shapes);
  const known = model.parameters.filter((p) => p.type);
  const inputs = each(known, (parameter) => makeInput(parameter, context, shapes));
  for (const { name } of known)
    if (!scope.find(name.text)) scope.declare(name, "input", undefined, context).isBroken = true;
  checkShapes(shapes, inputs);
  for (const { name } of model.outputs) scope.declare(name, "output", undefined, context);
  runModel(model, context, files);
  const others = model.annotations.filter((a) => a.name.text !== "level");
  each([model], () => annotate(others, 0, context));
  const outputs = each(model.outputs, (output) => makeOutput(output, context));
  const states = [...session.states.values()];
  const next = each(states, (s) => ({ name: s.value.name, value: s.next() }));
  if (inputs.length < known.length || outputs.length < model.outputs.length) throw new Reported();
  if (next.length < states.length) throw new Reported();
  return makeGraph(
    session.level,
    nameText(model.name, model.label, context),
    [...inputs, ...states.map((s) => s.value)],
    [...outputs, ...next],
  );
}

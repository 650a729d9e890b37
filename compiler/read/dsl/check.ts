/** A file's model → a graph, and every problem that was found. */
import { dirname, resolve } from "node:path";
import * as say from "../../diagnostics.ts";
import { type Diagnostic, MoteError } from "../../diagnostics.ts";
import { type Graph, type GraphOutput, input, makeGraph, type Value } from "../../ir/graph.ts";
import type * as ast from "../../language/ast.ts";
import { findOperator } from "../../ops/registry.ts";
import { annotate, levelOf } from "./annotations.ts";
import { checkType, dequantizedAs, quantizedAs, typeOf } from "./ascribe.ts";
import { runBody } from "./blocks.ts";
import { evaluate, nameText } from "./evaluate.ts";
import { Files, type OpenFiles, type SourceModule } from "./files.ts";
import { type FileNames, fileNames, type Names, namesOf, uncalledBlocks } from "./names.ts";
import { Parameters } from "./parameters.ts";
import { placeOf, Reported } from "./problems.ts";
import { type Context, Scope, siteOf } from "./scope.ts";
import { Session } from "./session.ts";
import type { Source } from "./source.ts";
import { nextOf } from "./states.ts";
import { kindText, TensorDatum } from "./values.ts";
import { addWeights } from "./weights.ts";

export interface CheckOptions {
  /** Shapes that stand for the model's own, by input name. */
  readonly shapes?: ReadonlyMap<string, readonly number[]> | undefined;
  readonly open?: OpenFiles | undefined;
  /** Takes the path of every file that is read, also where that fails. */
  readonly onRead?: ((file: string) => void) | undefined;
}

/** What a check found; the graph only where there is no error. */
export interface Checked {
  readonly graph?: Graph<"imported" | "lowered">;
  readonly diagnostics: readonly Diagnostic[];
  readonly session: Session;
  readonly module?: SourceModule;
  /** What every name in the file stands for. */
  readonly names?: Names;
  /** All files that it was read from. */
  readonly files: ReadonlySet<string>;
}

interface Input {
  readonly name: ast.Name;
  readonly value: Value;
}

/** Sizes that have a name: from --shape, or as they are written. */
function bindSizes(model: ast.ModelDeclaration, context: Context, { shapes }: CheckOptions): void {
  const { session, scope } = context;
  const given = new Map<string, number>();
  for (const { name, label, type } of model.parameters) {
    const shape = shapes?.get(nameText(name, label, context));
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

function makeInput(parameter: ast.Parameter, context: Context, { shapes }: CheckOptions): Input {
  const { session, scope } = context;
  const { name, label, type, layout, initial } = parameter;
  const said = typeOf(type!, context);
  const place = placeOf(siteOf(context, parameter));
  if (initial)
    session.fail(say.badArguments(place, name.text, "is an input, which has no initial value"));
  const own = nameText(name, label, context);
  const given = shapes?.get(own);
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
  return { name, value };
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

function checkModel(
  model: ast.ModelDeclaration,
  context: Context,
  files: Files,
  options: CheckOptions,
): Graph<"imported" | "lowered"> {
  const { session, scope } = context;
  session.level = levelOf(model.annotations, context);
  bindSizes(model, context, options);
  const known = model.parameters.filter((p) => p.type);
  const inputs = each(known, (parameter) => makeInput(parameter, context, options));
  for (const { name } of known)
    if (!scope.find(name.text)) scope.declare(name, "input", undefined, context).isBroken = true;
  for (const shape of options.shapes?.keys() ?? [])
    if (!inputs.some((i) => i.value.name === shape))
      throw new MoteError(
        say.unknownShape(
          shape,
          inputs.map((i) => i.value.name),
        ),
      );
  for (const { name } of model.outputs) scope.declare(name, "output", undefined, context);
  const isWeights = (s: ast.Statement): s is ast.WeightsStatement => s.kind === "weights";
  each(model.body.filter(isWeights), (statement) => addWeights(statement, context, files));
  const result = runBody(
    model.body.filter((s) => !isWeights(s)),
    context,
  );
  if (result !== undefined)
    session.problems.add(
      say.badArguments(
        placeOf(siteOf(context, model.name)),
        "return",
        "stands in a block, not in a model",
        "Give the outputs their values by name.",
      ),
    );
  const others = model.annotations.filter((a) => a.name.text !== "level");
  each([model], () => annotate(others, 0, context));
  const outputs = each(model.outputs, (output) => makeOutput(output, context));
  const next = each(session.states, nextOf);
  const name = nameText(model.name, model.label, context);
  return makeGraph(
    session.level,
    name,
    [...inputs.map((i) => i.value), ...session.states.map((s) => s.value)],
    [...outputs, ...next],
  );
}

/** The one model of a file. */
function modelOf({ tree, source }: SourceModule): ast.ModelDeclaration {
  const models = tree.declarations.filter((d) => d.kind === "model");
  const span = models[1]?.name ?? { start: 0, end: 0 };
  if (models.length !== 1)
    throw new MoteError(say.modelCount(placeOf({ source, span }), models.length));
  return models[0]!;
}

/** What the names of a file and those that it imports stand for. */
function resolvedNames(module: SourceModule, { imported }: Files): Names {
  const known = new Map<SourceModule, FileNames>();
  const namesIn = (module: SourceModule): FileNames => {
    const names =
      known.get(module) ??
      fileNames(module.tree, module.source, (declaration) => {
        const other = imported.get(declaration);
        return other && namesIn(other);
      });
    known.set(module, names);
    return names;
  };
  return namesOf(module.tree, module.source, namesIn(module));
}

/** What is wrong with names also where nothing was worked out: behind errors and in idle blocks. */
function reportNames({ unknown, unbound }: Names, source: Source, { problems }: Session): void {
  for (const { name, known } of unknown)
    problems.add(say.unknownName(placeOf({ source, span: name }), name.text, known));
  for (const name of unbound)
    problems.add(say.notBound(placeOf({ source, span: name }), name.text));
}

/** The names of a file without its values; undefined where it cannot be read. */
export function readNames(
  file: string,
  open: OpenFiles,
): { readonly names: Names; readonly source: Source } | undefined {
  const path = resolve(file);
  const files = new Files(new Session((s) => new Parameters(s)), dirname(path), open);
  try {
    const module = files.load(path);
    return { names: resolvedNames(module, files), source: module.source };
  } catch (problem) {
    if (problem instanceof MoteError) return undefined;
    throw problem;
  }
}

function reportUncalled({ tree, source }: SourceModule, names: Names, session: Session): void {
  for (const { name } of uncalledBlocks(tree, names))
    session.problems.add(say.unusedBinding(placeOf({ source, span: name }), "block", name.text));
}

/** Reads and checks a file. Everything that is wrong is in the diagnostics. */
export function check(file: string, options: CheckOptions = {}): Checked {
  const session = new Session((s) => new Parameters(s));
  const path = resolve(file);
  const read = new Set<string>();
  const files = new Files(session, dirname(path), options.open ?? new Map(), (found) => {
    read.add(found);
    options.onRead?.(found);
  });
  let module: SourceModule | undefined;
  let graph: Graph<"imported" | "lowered"> | undefined;
  const { problems } = session;
  try {
    module = files.load(path);
    const { source } = module;
    const context = {
      session,
      source,
      file: module,
      scope: new Scope(),
      path: "",
      frame: undefined,
    };
    graph = checkModel(modelOf(module), context, files, options);
    if (problems.errors === 0) {
      session.parameters.reportUnused();
      session.reportUnused(source);
    }
  } catch (problem) {
    if (problem instanceof MoteError) problem.diagnostics.forEach((d) => problems.add(d));
    else if (!(problem instanceof Reported)) throw problem;
  }
  const names = module && resolvedNames(module, files);
  if (module && names) {
    reportNames(names, module.source, session);
    if (problems.errors === 0) reportUncalled(module, names, session);
  }
  const result = {
    diagnostics: problems.all,
    session,
    files: read,
    ...(module && { module }),
    ...(names && { names }),
  };
  return problems.errors === 0 && graph ? { ...result, graph } : result;
}

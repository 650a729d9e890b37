/** `weights` statements: files by path, or numbers drawn at random. */
import * as say from "../../diagnostics.ts";
import { MoteError } from "../../diagnostics.ts";
import type * as ast from "../../language/ast.ts";
import { openWeights } from "../weights.ts";
import { type WeightsLayout, weightsLayouts } from "../weights-layout.ts";
import { evaluate, templateText } from "./evaluate.ts";
import type { Files } from "./files.ts";
import { placeOf } from "./problems.ts";
import { type Context, siteOf } from "./scope.ts";

const isLayout = (name: string): name is WeightsLayout =>
  (weightsLayouts as readonly string[]).includes(name);

function layoutOf(name: ast.Name | ast.Template, context: Context): WeightsLayout {
  const text = textOf(name, context);
  if (isLayout(text)) return text;
  const place = placeOf(siteOf(context, name));
  return context.session.fail(say.unknownMember(place, "'layout'", text, weightsLayouts));
}

const textOf = (name: ast.Name | ast.Template, context: Context): string =>
  "kind" in name ? templateText(name, context) : name.text;

const isText = (value: ast.Setting["value"]): value is ast.Name | ast.Template =>
  !Array.isArray(value);

interface Settings {
  layout: WeightsLayout;
  readonly rename: Map<string, string>;
}

function readSettings(statement: ast.WeightsStatement, context: Context): Settings {
  const { session } = context;
  const settings: Settings = { layout: "pytorch", rename: new Map() };
  if (statement.layout) settings.layout = layoutOf(statement.layout, context);
  for (const { key, value } of statement.settings) {
    const name = textOf(key, context);
    const place = placeOf(siteOf(context, key));
    if (name === "layout" && isText(value)) settings.layout = layoutOf(value, context);
    else if (name === "rename" && !isText(value))
      for (const entry of value) {
        if (!isText(entry.value))
          session.fail(
            say.badWeightsStatement(placeOf(siteOf(context, entry)), "A new name is a string"),
          );
        settings.rename.set(textOf(entry.key, context), textOf(entry.value as ast.Name, context));
      }
    else session.fail(say.unknownMember(place, "'weights'", name, ["layout", "rename"]));
  }
  return settings;
}

/** Random weights by `random(seed: 1)`. */
function addRandom(
  { word, args }: NonNullable<ast.WeightsStatement["random"]>,
  context: Context,
): void {
  const { session } = context;
  const place = placeOf(siteOf(context, word));
  if (word.text !== "random")
    session.fail(say.unknownMember(place, "'weights'", word.text, ["random"]));
  const [only, ...more] = args;
  if (more.length > 0 || (only?.name && only.name.text !== "seed"))
    session.fail(say.badArguments(place, "random", "takes a seed alone"));
  const seed = only ? evaluate(only.value, context) : 0;
  if (typeof seed !== "number" || !Number.isInteger(seed))
    session.fail(say.badArguments(place, "random", "takes a whole number as its seed"));
  session.parameters.addRandom(seed as number);
}

/** @throws Reported */
export function addWeights(statement: ast.WeightsStatement, context: Context, files: Files): void {
  const { session, source } = context;
  const { random, file } = statement;
  if (random) addRandom(random, context);
  if (!file) return;
  const { layout, rename } = readSettings(statement, context);
  const text = templateText(file, context);
  const path = files.resolve(text, file, source);
  const site = siteOf(context, file);
  files.reads(path);
  try {
    const opened = openWeights(path);
    const lost = [...rename.keys()].find((name) => !opened.tensors.has(name));
    if (lost !== undefined)
      session.fail(say.unknownMember(placeOf(site), `"${text}"`, lost, opened.tensors.keys()));
    session.parameters.addFile({ file: opened, layout, rename, site });
  } catch (problem) {
    if (!(problem instanceof MoteError)) throw problem;
    for (const { code, text: what, help } of problem.diagnostics)
      session.problems.add({ ...say.error(code, placeOf(site), what, help) });
    session.parameters.addRandom(0);
  }
}

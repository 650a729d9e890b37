/**
 * What an editor can ask of a file, worked out once for a text. Plain data, which crosses threads;
 * places in the file itself are offsets in UTF-16 units.
 */
import type { Diagnostic, Place } from "../diagnostics.ts";
import type { Node } from "../ir/graph.ts";
import { typeBytes, typeText } from "../ir/types.ts";
import type * as ast from "../language/ast.ts";
import { findOperator } from "../ops/registry.ts";
import { type Checked, check } from "../read/dsl/check.ts";
import type { OpenFiles } from "../read/dsl/files.ts";
import type { Declared, DeclaredKind, Names } from "../read/dsl/names.ts";
import { placeOf } from "../read/dsl/problems.ts";
import type { Source } from "../read/dsl/source.ts";
import {
  type Datum,
  datumText,
  isList,
  TensorDatum,
  TupleDatum,
  TypeDatum,
} from "../read/dsl/values.ts";
import { marksOf } from "./marks.ts";
import { outlineOf } from "./outline.ts";
import { type Row, type Rows, rowsOf } from "./rows.ts";

/** A name where it is bound, in this file or another. */
export interface DeclaredFact {
  readonly name: string;
  readonly kind: DeclaredKind;
  readonly place: Place;
  /** Of the name in its file. */
  readonly start: number;
  readonly docs: readonly string[];
  /** Of a block. */
  readonly parameters: readonly string[];
  /** What can stand behind a dot: numbers of declarations. */
  readonly members: readonly number[];
}

/** A layer that an expression makes. */
export interface LayerFact {
  readonly name: string;
  readonly op: string;
  readonly type: string;
  readonly bytes: number;
  readonly macs: number;
}

/** What rows have numbers of is text, JSON for `declared`, `layers` and `outline`. */
export interface Facts {
  readonly declared: readonly string[];
  /** Names with what declares them; -1 for the language's own. */
  readonly occurrences: Rows;
  /** Where declared names can be used, the outermost scope first. */
  readonly visible: Rows;
  /** What names and calls stood for: the different values, a line each. */
  readonly values: Rows;
  readonly texts: readonly string[];
  /** Expressions that make layers. */
  readonly makers: Rows;
  readonly layers: readonly string[];
  /** With numbers of kinds. */
  readonly marks: Rows;
  readonly outline: string;
}

export interface Analysis {
  readonly diagnostics: readonly Diagnostic[];
  /** All files that it was read from. */
  readonly files: readonly string[];
  /** Absent where the text cannot be read. */
  readonly facts?: Facts;
}

/** A number for each declaration, in the order in which they are first met. */
class Declarations {
  readonly facts: DeclaredFact[] = [];
  readonly #numbers = new Map<Declared, number>();

  numberOf(declared: Declared): number {
    const known = this.#numbers.get(declared);
    if (known !== undefined) return known;
    const { name, kind, source, docs = [], parameters, members } = declared;
    const { excerpt: _, ...place } = placeOf({ source, span: name });
    const inside = [...(members?.values() ?? [])].map((d) => this.numberOf(d));
    this.#numbers.set(declared, this.facts.length);
    return (
      this.facts.push({
        ...{ name: name.text, kind, place, start: name.start, docs, members: inside },
        parameters: [...(parameters?.keys() ?? [])],
      }) - 1
    );
  }
}

const isShown = (datum: Datum): boolean =>
  typeof datum !== "object" ||
  isList(datum) ||
  datum instanceof TensorDatum ||
  datum instanceof TupleDatum ||
  datum instanceof TypeDatum;

/** Rows whose numbers are those of the texts beside them. */
function listed(items: readonly (ast.Span & { readonly text: string })[]) {
  const rows = rowsOf(items.map(({ start, end }, number) => ({ start, end, number })));
  return { rows, texts: items.map((item) => item.text) };
}

function valuesOf({ session }: Checked, source: Source) {
  return listed(
    [...session.seen].flatMap(([{ start, end }, { source: own, data }]) => {
      const texts = own === source ? new Set(data.filter(isShown).map(datumText)) : new Set();
      return texts.size > 0 ? [{ start, end, text: [...texts].join("\n") }] : [];
    }),
  );
}

const layerOf = (node: Node): LayerFact => ({
  name: node.origins[0] ?? node.op,
  op: node.op,
  type: node.outputs.map((v) => typeText(v.type)).join(", "),
  bytes: node.outputs.reduce((sum, v) => sum + typeBytes(v.type), 0),
  macs: findOperator(node.op)?.macs?.(node) ?? 0,
});

/** Layers by the expression that made them. */
function layersOf({ session }: Checked, source: Source) {
  const bySpan = new Map<string, ast.Span & { readonly layers: LayerFact[] }>();
  for (const [node, site] of session.sites) {
    if (site.source !== source) continue;
    const { start, end } = site.span;
    const key = `${start} ${end}`;
    const own = bySpan.get(key);
    if (own) own.layers.push(layerOf(node));
    else bySpan.set(key, { start, end, layers: [layerOf(node)] });
  }
  return listed(
    [...bySpan.values()].map(({ layers, ...span }) => ({ ...span, text: JSON.stringify(layers) })),
  );
}

/** Every place of a name, in the order of the text. */
function occurrencesOf(names: Names, declarations: Declarations): Row[] {
  const number = (d: Declared | undefined) => (d ? declarations.numberOf(d) : -1);
  return [...names.declared.map((d) => ({ name: d.name, declared: d })), ...names.references]
    .map(({ name: { start, end }, declared }) => ({ start, end, number: number(declared) }))
    .sort((a, b) => a.start - b.start);
}

function factsOf(checked: Checked): Facts | undefined {
  const { names, module } = checked;
  if (!names || !module) return undefined;
  const { source, tree } = module;
  const declarations = new Declarations();
  const whole = { start: 0, end: source.text.length };
  const everywhere = [...names.file.names.values()].map((declared) => ({ ...whole, declared }));
  const visible = [...everywhere, ...names.visible].map(({ start, end, declared }) => ({
    ...{ start, end, number: declarations.numberOf(declared) },
  }));
  const occurrences = occurrencesOf(names, declarations);
  const values = valuesOf(checked, source);
  const layers = layersOf(checked, source);
  return {
    declared: declarations.facts.map((fact) => JSON.stringify(fact)),
    occurrences: rowsOf(occurrences),
    visible: rowsOf(visible),
    ...{ values: values.rows, texts: values.texts },
    ...{ makers: layers.rows, layers: layers.texts },
    marks: rowsOf(marksOf(source.text, occurrences, declarations.facts)),
    outline: JSON.stringify(outlineOf(tree)),
  };
}

export interface Question {
  readonly file: string;
  readonly open: OpenFiles;
  readonly shapes?: ReadonlyMap<string, readonly number[]> | undefined;
}

export function analyse({ file, open, shapes }: Question): Analysis {
  const checked = check(file, { open, shapes });
  const facts = factsOf(checked);
  // A file of blocks for others to import has no model.
  const isLibrary = checked.module?.tree.declarations.every((d) => d.kind !== "model");
  const diagnostics = checked.diagnostics.filter((d) => !(isLibrary && d.code === 2112));
  return { diagnostics, files: [...checked.files], ...(facts && { facts }) };
}

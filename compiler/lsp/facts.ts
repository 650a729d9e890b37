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
import type { Declared, DeclaredKind } from "../read/dsl/names.ts";
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
import { type Mark, marksOf } from "./marks.ts";
import { type Entry, outlineOf } from "./outline.ts";

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

/** A name where it stands; without a declaration it is the language's own. */
export interface Occurrence extends ast.Span {
  readonly declared: number | undefined;
}

/** A layer that an expression makes. */
export interface LayerFact {
  readonly name: string;
  readonly op: string;
  readonly type: string;
  readonly bytes: number;
  readonly macs: number;
}

export interface Facts {
  readonly declared: readonly DeclaredFact[];
  readonly occurrences: readonly Occurrence[];
  /** Where declared names can be used, the outermost scope first. */
  readonly visible: readonly (ast.Span & { readonly declared: number })[];
  /** What names and calls stood for, the different values as text. */
  readonly values: readonly (ast.Span & { readonly texts: readonly string[] })[];
  readonly layers: readonly (ast.Span & { readonly layers: readonly LayerFact[] })[];
  readonly marks: readonly Mark[];
  readonly outline: readonly Entry[];
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

function valuesOf({ session }: Checked, source: Source): Facts["values"] {
  return [...session.seen].flatMap(([{ start, end }, { source: own, data }]) => {
    const texts = [...new Set(data.filter(isShown).map(datumText))];
    return own === source && texts.length > 0 ? [{ start, end, texts }] : [];
  });
}

const layerOf = (node: Node): LayerFact => ({
  name: node.origins[0] ?? node.op,
  op: node.op,
  type: node.outputs.map((v) => typeText(v.type)).join(", "),
  bytes: node.outputs.reduce((sum, v) => sum + typeBytes(v.type), 0),
  macs: findOperator(node.op)?.macs?.(node) ?? 0,
});

/** Layers by the expression that made them. */
function layersOf({ session }: Checked, source: Source): Facts["layers"] {
  const bySpan = new Map<string, ast.Span & { readonly layers: LayerFact[] }>();
  for (const [node, site] of session.sites) {
    if (site.source !== source) continue;
    const { start, end } = site.span;
    const key = `${start} ${end}`;
    const own = bySpan.get(key);
    if (own) own.layers.push(layerOf(node));
    else bySpan.set(key, { start, end, layers: [layerOf(node)] });
  }
  return [...bySpan.values()];
}

function factsOf(checked: Checked): Facts | undefined {
  const { names, module } = checked;
  if (!names || !module) return undefined;
  const { source, tree } = module;
  const declarations = new Declarations();
  const number = (d: Declared) => declarations.numberOf(d);
  const whole = { start: 0, end: source.text.length };
  const visible = [
    ...[...names.file.names.values()].map((d) => ({ ...whole, declared: number(d) })),
    ...names.visible.map(({ start, end, declared }) => ({
      start,
      end,
      declared: number(declared),
    })),
  ];
  const occurrences: Occurrence[] = [
    ...names.declared.map((d) => ({ ...spanOf(d.name), declared: number(d) })),
    ...names.references.map(({ name, declared }) => ({
      ...spanOf(name),
      declared: declared && number(declared),
    })),
  ].sort((a, b) => a.start - b.start);
  return {
    declared: declarations.facts,
    occurrences,
    visible,
    values: valuesOf(checked, source),
    layers: layersOf(checked, source),
    marks: marksOf(source.text, occurrences, declarations.facts),
    outline: outlineOf(tree),
  };
}

const spanOf = ({ start, end }: ast.Span): ast.Span => ({ start, end });

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

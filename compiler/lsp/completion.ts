/** What can be written at a place. */

import { keywords } from "../language/keywords.ts";
import type { ArgumentSpec, LayerOperator } from "../language/operators/operator.ts";
import { annotationNames } from "../read/dsl/annotations.ts";
import { builtinOperator, builtins } from "../read/dsl/builtins.ts";
import { FunctionDatum, NamespaceDatum, TypeDatum } from "../read/dsl/values.ts";
import { weightsLayouts } from "../read/weights-layout.ts";
import { type CallText, callAround, isInWords, lastOf, textBefore } from "./call.ts";
import type { DeclaredFact } from "./facts.ts";
import { signatureOf } from "./hover.ts";
import type { View } from "./view.ts";

export type ItemKind =
  | "keyword"
  | "operator"
  | "function"
  | "type"
  | "word"
  | "argument"
  | "annotation"
  | "member"
  | DeclaredFact["kind"];

export interface Item {
  readonly label: string;
  readonly kind: ItemKind;
  readonly detail?: string;
  readonly docs?: string;
  /** Inserted in place of the label; in a snippet `${1:name}` are places to fill in. */
  readonly insert?: string;
  readonly isSnippet?: boolean;
  /** What comes first. */
  readonly rank: number;
}

const isRequired = ({ optional, initial }: ArgumentSpec): boolean =>
  !optional && initial === undefined;

/** A call with what it needs. @param skip arguments that are there already. */
function callSnippet(name: string, needed: readonly string[], skip: number): string {
  const places = needed.slice(skip).map((a, i) => `\${${i + 1}:${a}}`);
  return places.length > 0 ? `${name}(${places.join(", ")})` : skip > 0 ? name : `${name}($1)`;
}

function operatorItem(label: string, operator: LayerOperator, isPiped: boolean): Item {
  const needed = operator.args.filter(isRequired).map((a) => a.name);
  return {
    ...{ label, kind: "operator", detail: signatureOf(operator), docs: operator.docs },
    insert: callSnippet(label, needed, isPiped ? 1 : 0),
    ...{ isSnippet: true, rank: isPiped ? 1 : 3 },
  };
}

function declaredItem(fact: DeclaredFact, isPiped: boolean): Item {
  const { name: label, kind, docs, parameters } = fact;
  const own: Item = { label, kind, docs: docs.join("\n"), rank: isPiped ? 2 : 1 };
  if (kind !== "block") return own;
  const insert = callSnippet(label, parameters, isPiped ? 1 : 0);
  const detail = `${label}(${parameters.join(", ")})`;
  return { ...own, detail, insert, isSnippet: true, rank: isPiped ? 0 : 2 };
}

/** The language's own names. */
function builtinItems(isPiped: boolean): Item[] {
  return [...builtins].map(([label, datum]): Item => {
    const operator = builtinOperator(label);
    if (operator) return operatorItem(label, operator, isPiped);
    if (datum instanceof FunctionDatum) return { label, kind: "function", rank: 4 };
    if (datum instanceof TypeDatum) return { label, kind: "type", rank: 4 };
    if (datum instanceof NamespaceDatum) return { label, kind: "import", rank: 4 };
    return { label, kind: "word", rank: 4 };
  });
}

/** Arguments that the call does not have yet. */
function argumentItems({ callee, given }: CallText, view: View | undefined, at: number): Item[] {
  const operator = builtinOperator(callee);
  const block = view?.visibleAt(at).get(callee);
  const all =
    block?.parameters.map((name) => ({ name, detail: `of ${callee}` })) ??
    operator?.args.map((a) => ({ name: a.name, detail: a.kinds.join(" or ") })) ??
    [];
  return all
    .filter(({ name }) => !given.includes(name))
    .map(({ name, detail }) => ({
      ...{ label: `${name}:`, kind: "argument", detail, insert: `${name}: `, rank: 0 },
    }));
}

/** Behind a dot. */
function memberItems(object: string, view: View | undefined, at: number, isPiped: boolean): Item[] {
  const space = builtins.get(object);
  if (space instanceof NamespaceDatum)
    return [...space.names()].map((label) => ({
      ...operatorItem(label, builtinOperator(`${object}.${label}`)!, isPiped),
      label,
    }));
  const own = view?.visibleAt(at).get(object);
  if (own?.kind === "import")
    return own.members.map((number) => declaredItem(view!.declared(number), isPiped));
  return ["shape", "type"].map((label) => ({ label, kind: "member", rank: 0 }));
}

const plain = (kind: ItemKind, labels: readonly string[]): Item[] =>
  labels.map((label) => ({ label, kind, rank: 0 }));

/** @param view absent while nothing is known of the text. */
export function completionsAt(text: string, at: number, view: View | undefined): Item[] {
  const before = textBefore(text, at);
  if (isInWords(before)) return [];
  const last = lastOf(before);
  if (/@\w*$/.test(last)) return plain("annotation", annotationNames);
  if (/\blayout\s*:?\s+\w*$/.test(last)) return plain("word", weightsLayouts);
  if (/\bas\s+\w*$/.test(last)) return [];
  const isPiped = /\|>\s*(?:\w+\.)?\w*$/.test(last);
  const [, object] = /([A-Za-z_]\w*)\s*\.\w*$/.exec(last) ?? [];
  if (object !== undefined) return memberItems(object, view, at, isPiped);
  const call = callAround(before);
  const args = call?.isBegin ? argumentItems(call, view, at) : [];
  const names = [...(view?.visibleAt(at).values() ?? [])].map((d) => declaredItem(d, isPiped));
  const own = new Set(names.map((n) => n.label));
  return [
    ...args,
    ...names,
    ...builtinItems(isPiped).filter((item) => !own.has(item.label)),
    ...(isPiped ? [] : keywords.map((label): Item => ({ label, kind: "keyword", rank: 5 }))),
  ];
}

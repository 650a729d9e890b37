/** Facts in the terms of the protocol. */
import {
  type CompletionItem,
  CompletionItemKind,
  type DocumentSymbol,
  InsertTextFormat,
  MarkupKind,
  type Range,
  SemanticTokensBuilder,
  SymbolKind,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { Span } from "../language/ast.ts";
import type { Item, ItemKind } from "./completion.ts";
import { markModifiers, markNumbers, markTypes } from "./marks.ts";
import type { Entry, EntryKind } from "./outline.ts";
import { eachRow } from "./rows.ts";
import type { View } from "./view.ts";

export const rangeIn = (document: TextDocument, { start, end }: Span): Range => ({
  start: document.positionAt(start),
  end: document.positionAt(end),
});

const itemKinds: Record<ItemKind, CompletionItemKind> = {
  keyword: CompletionItemKind.Keyword,
  operator: CompletionItemKind.Function,
  function: CompletionItemKind.Function,
  type: CompletionItemKind.TypeParameter,
  word: CompletionItemKind.EnumMember,
  argument: CompletionItemKind.Field,
  annotation: CompletionItemKind.Property,
  member: CompletionItemKind.Property,
  value: CompletionItemKind.Variable,
  variable: CompletionItemKind.Variable,
  output: CompletionItemKind.Variable,
  parameter: CompletionItemKind.Variable,
  input: CompletionItemKind.Variable,
  state: CompletionItemKind.Variable,
  block: CompletionItemKind.Method,
  model: CompletionItemKind.Class,
  import: CompletionItemKind.Module,
};

export const completionItem = ({ label, kind, detail, docs, ...item }: Item): CompletionItem => ({
  label,
  kind: itemKinds[kind],
  sortText: `${item.rank}${label}`,
  ...(detail && { detail }),
  ...(docs && { documentation: { kind: MarkupKind.Markdown, value: docs } }),
  ...(item.insert && { insertText: item.insert }),
  ...(item.isSnippet && { insertTextFormat: InsertTextFormat.Snippet }),
});

const symbolKinds: Record<EntryKind, SymbolKind> = {
  import: SymbolKind.Module,
  block: SymbolKind.Function,
  model: SymbolKind.Class,
  value: SymbolKind.Variable,
  parameter: SymbolKind.Field,
  output: SymbolKind.Field,
};

function symbolsOf(
  entries: readonly Entry[],
  document: TextDocument,
  view: View,
): DocumentSymbol[] {
  return entries.flatMap(({ name, kind, nameStart, nameEnd, inside, ...span }) => {
    const whole = view.moved(span);
    const own = view.moved({ start: nameStart, end: nameEnd });
    if (!whole || !own) return [];
    const range = rangeIn(document, whole);
    const selectionRange = rangeIn(document, own);
    const children = symbolsOf(inside, document, view);
    return [{ name, kind: symbolKinds[kind], range, selectionRange, children }];
  });
}

export const documentSymbols = (document: TextDocument, view: View): DocumentSymbol[] =>
  symbolsOf(JSON.parse(view.facts.outline), document, view);

export const legend = { tokenTypes: [...markTypes], tokenModifiers: [...markModifiers] };

export function semanticTokens(document: TextDocument, view: View) {
  const builder = new SemanticTokensBuilder();
  for (const row of eachRow(view.facts.marks)) {
    const moved = view.moved(row);
    if (!moved) continue;
    const { line, character } = document.positionAt(moved.start);
    const { type, modifiers } = markNumbers(row.number);
    builder.push(line, character, moved.end - moved.start, type, modifiers);
  }
  return builder.build();
}

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
import { markModifiers, markTypes } from "./marks.ts";
import type { Entry, EntryKind } from "./outline.ts";
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

export const symbolOf = (entry: Entry, document: TextDocument): DocumentSymbol => ({
  name: entry.name,
  kind: symbolKinds[entry.kind],
  range: rangeIn(document, entry),
  selectionRange: rangeIn(document, { start: entry.nameStart, end: entry.nameEnd }),
  children: entry.inside.map((inner) => symbolOf(inner, document)),
});

export const legend = { tokenTypes: [...markTypes], tokenModifiers: [...markModifiers] };

export function semanticTokens(document: TextDocument, view: View) {
  const builder = new SemanticTokensBuilder();
  for (const { start, end, type, modifiers } of view.moved(view.facts.marks)) {
    const { line, character } = document.positionAt(start);
    const bits = modifiers.reduce((sum, m) => sum + 2 ** markModifiers.indexOf(m), 0);
    builder.push(line, character, end - start, markTypes.indexOf(type), bits);
  }
  return builder.build();
}

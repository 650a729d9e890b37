/** What is known of a document while it is asked for: facts of its text, or of an older one. */
import type { Span } from "../language/ast.ts";
import type { Costs } from "./costs.ts";
import { Edit } from "./edit.ts";
import type { DeclaredFact, Facts } from "./facts.ts";
import { eachRow, innermost, type Row, type Rows } from "./rows.ts";

export class View {
  readonly text: string;
  readonly facts: Facts;
  /** Whether the facts are those of this text. */
  readonly isFresh: boolean;
  readonly costs: { readonly costs: Costs; readonly isFresh: boolean } | undefined;
  readonly #edit: Edit;

  constructor(text: string, known: { text: string; facts: Facts }, costs?: View["costs"]) {
    this.text = text;
    this.facts = known.facts;
    this.isFresh = text === known.text;
    this.costs = costs;
    this.#edit = new Edit(known.text, text);
  }

  /** What stands at an offset of the text, the innermost; undefined where that has changed. */
  at(offset: number, rows: Rows): Row | undefined {
    const row = innermost(rows, this.#edit.before(offset));
    return row && this.#edit.after(row);
  }

  occurrenceAt(offset: number): Row | undefined {
    return this.at(offset, this.facts.occurrences);
  }

  /** Of a number that is not negative. */
  declared(number: number): DeclaredFact {
    return JSON.parse(this.facts.declared[number]!);
  }

  /** With its place in this text; undefined where that has changed. */
  moved<T extends Span>(item: T): T | undefined {
    return this.#edit.after(item);
  }

  /** Names that can be used at an offset, the nearest of each text. */
  visibleAt(offset: number): ReadonlyMap<string, DeclaredFact> {
    const before = this.#edit.before(offset);
    const names = new Map<string, DeclaredFact>();
    for (const { start, end, number } of eachRow(this.facts.visible)) {
      if (before < start || end < before) continue;
      const fact = this.declared(number);
      names.set(fact.name, fact);
    }
    return names;
  }
}

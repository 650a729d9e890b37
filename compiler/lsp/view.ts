/** What is known of a document while it is asked for: facts of its text, or of an older one. */
import type { Span } from "../language/ast.ts";
import type { Costs } from "./costs.ts";
import { Edit } from "./edit.ts";
import type { DeclaredFact, Facts, Occurrence } from "./facts.ts";

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

  /** What stands at an offset of the text, the innermost. */
  at<T extends Span>(offset: number, all: readonly T[]): T | undefined {
    const before = this.#edit.before(offset);
    let best: T | undefined;
    for (const item of all)
      if (item.start <= before && before <= item.end && !(best && size(best) <= size(item)))
        best = item;
    return best && this.#edit.after(best);
  }

  occurrenceAt(offset: number): Occurrence | undefined {
    return this.at(offset, this.facts.occurrences);
  }

  /** With places of this text; without what has changed. */
  moved<T extends Span>(all: readonly T[]): T[] {
    return this.isFresh ? [...all] : all.flatMap((item) => this.#edit.after(item) ?? []);
  }

  /** Names that can be used at an offset, the nearest of each text. */
  visibleAt(offset: number): ReadonlyMap<string, DeclaredFact> {
    const before = this.#edit.before(offset);
    const names = new Map<string, DeclaredFact>();
    for (const { start, end, declared } of this.facts.visible) {
      const fact = this.facts.declared[declared]!;
      if (start <= before && before <= end) names.set(fact.name, fact);
    }
    return names;
  }
}

const size = ({ start, end }: Span): number => end - start;

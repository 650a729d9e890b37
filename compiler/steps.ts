/** What every stage does around its work: it verifies, times, dumps and can stop. */
import { verify } from "./check/verify.ts";
import type { ModelDocs } from "./ir/docs.ts";
import type { Graph } from "./ir/graph.ts";
import { type GraphText, printGraph } from "./ir/print.ts";

export const stages = [
  "read",
  "simplify",
  "fuse",
  "lower",
  "quantize",
  "select",
  "plan",
  "emit",
] as const;
export type Stage = (typeof stages)[number];

export interface StepOptions {
  /** Stages whose graph is wanted as text. */
  readonly dump?: readonly Stage[];
  readonly stopAfter?: Stage;
}

/** Ends the pipeline early, without an error. */
export class Stopped extends Error {}

export class Steps {
  readonly dumps = new Map<Stage, GraphText>();
  readonly milliseconds = new Map<Stage, number>();
  /** After the last stage that was reached. */
  graph: Graph | undefined;
  /** What the model says of itself. */
  docs: ModelDocs | undefined;
  readonly #options: StepOptions;
  #started = performance.now();

  constructor(options: StepOptions) {
    this.#options = options;
  }

  step<G extends Graph>(stage: Stage, graph: G): G {
    const [violation] = verify(graph);
    if (violation)
      throw new Error(
        `after ${stage}: ${violation.node.op} ${violation.node.origins}: ${violation.problem}`,
      );
    this.finish(stage);
    this.graph = graph;
    if (this.#options.dump?.includes(stage)) this.dumps.set(stage, printGraph(graph));
    if (this.#options.stopAfter === stage) throw new Stopped();
    return graph;
  }

  finish(stage: Stage): void {
    const now = performance.now();
    this.milliseconds.set(stage, now - this.#started);
    this.#started = now;
  }
}

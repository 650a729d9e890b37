/** The thread that reads, checks and compiles, so that the server always answers. */
import { parentPort } from "node:worker_threads";
import { MoteError } from "../diagnostics.ts";
import { format } from "../read/dsl/format.ts";
import { Source } from "../read/dsl/source.ts";
import { costsOf } from "./costs.ts";
import { analyse } from "./facts.ts";
import { referencesTo } from "./references.ts";

const formatted = ({ file, text }: { readonly file: string; readonly text: string }) =>
  format(new Source(file, text));

export const tasks = { analyse, costs: costsOf, format: formatted, references: referencesTo };
export type Tasks = typeof tasks;
export type TaskName = keyof Tasks;

export interface Request<K extends TaskName = TaskName> {
  readonly id: number;
  readonly task: K;
  readonly question: Parameters<Tasks[K]>[0];
}

/** Without an answer where the text cannot be read; with a fault where mote itself is wrong. */
export interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly fault?: string;
}

function reply({ id, task, question }: Request): Reply {
  try {
    return { id, answer: (tasks[task] as (q: typeof question) => unknown)(question) };
  } catch (problem) {
    if (problem instanceof MoteError) return { id };
    return { id, fault: (problem as Error).stack ?? String(problem) };
  }
}

parentPort?.on("message", (request: Request) => parentPort!.postMessage(reply(request)));

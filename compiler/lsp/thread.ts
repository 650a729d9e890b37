/** A thread of worker.ts, asked from this one. */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Reply, Request, TaskName, Tasks } from "./worker.ts";

type Answer<K extends TaskName> = ReturnType<Tasks[K]> | undefined;

/** Most of a check's time went into collecting what soon dies, with Node's own 16 MB. */
const maxYoungGenerationSizeMb = 64;

/** Answers come in the order of the questions. */
export class Thread {
  readonly #report: (fault: string) => void;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #worker: Worker | undefined;
  #count = 0;

  /** @param report hears of faults of mote itself; the question is answered by undefined then. */
  constructor(report: (fault: string) => void) {
    this.#report = report;
  }

  #start(): Worker {
    const script = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
    const worker = new Worker(script, { resourceLimits: { maxYoungGenerationSizeMb } });
    worker.on("message", ({ id, answer, fault }: Reply) => {
      if (fault !== undefined) this.#report(fault);
      this.#answer(id, answer);
    });
    worker.on("error", (problem) => {
      this.#report(String(problem));
      this.#worker = undefined;
      for (const id of [...this.#waiting.keys()]) this.#answer(id, undefined);
    });
    worker.unref();
    return worker;
  }

  #answer(id: number, answer: unknown): void {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }

  ask<K extends TaskName>(task: K, question: Parameters<Tasks[K]>[0]): Promise<Answer<K>> {
    this.#worker ??= this.#start();
    const id = this.#count++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve as (answer: unknown) => void);
      this.#worker!.postMessage({ id, task, question } satisfies Request<K>);
    });
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }
}

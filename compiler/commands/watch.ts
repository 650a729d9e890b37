/** `mote --watch`: compiles again whenever a model, what it reads, or mote.json changes. */
import { watch as watchFiles } from "chokidar";
import type { Console, Job } from "./session.ts";

const clock = (): string => new Date().toLocaleTimeString("en-US");

/** Runs until the process is interrupted. */
export async function watch(
  job: Job,
  compileAgain: (onRead: (file: string) => void) => number,
  console: Console,
): Promise<number> {
  const extra = [job.values.calib, job.config].filter((f) => typeof f === "string");
  const watcher = watchFiles([...job.files, ...extra], {
    ignoreInitial: true,
    awaitWriteFinish: { stabilityThreshold: 100, pollInterval: 20 },
  });
  const compileNow = (why: string) => {
    console.error(`[${clock()}] ${why}`);
    const failed = compileAgain((file) => watcher.add(file)) !== 0;
    console.error(
      `[${clock()}] ${failed ? "Found errors." : "Found 0 errors."} Watching for file changes.`,
    );
  };
  compileNow("Starting compilation in watch mode...");
  watcher.on("all", () => compileNow("File change detected. Starting incremental compilation..."));
  await new Promise<void>((done) => {
    process.once("SIGINT", done);
    process.once("SIGTERM", done);
  });
  await watcher.close();
  return 0;
}

#!/usr/bin/env node
import { main } from "./commands/main.ts";

/** Whoever reads the output may stop early, as `head` does. */
process.stdout.on("error", (problem: NodeJS.ErrnoException) => {
  if (problem.code !== "EPIPE") throw problem;
  process.exit();
});

process.exitCode = await main(process.argv.slice(2));

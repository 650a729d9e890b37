import { readFileSync } from "node:fs";
import { packagePath } from "./paths.ts";

/** mote's version, from its package.json. */
export const moteVersion: string = (
  JSON.parse(readFileSync(packagePath("package.json"), "utf8")) as { version: string }
).version;

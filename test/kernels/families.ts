/** The families of random nodes, from the files of `families/`. */
import { readdirSync } from "node:fs";
import type { Family } from "./case.ts";

const files = readdirSync(new URL("families", import.meta.url)).sort();

export const families: Family[] = [];
for (const file of files)
  families.push(...(await import(`./families/${file.replace(".ts", "")}.ts`)).families);

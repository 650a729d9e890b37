/** Every example of docs/language.md is a model without errors. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { formatDiagnostic } from "../../../compiler/diagnostics.ts";
import { packagePath } from "../../../compiler/paths.ts";
import { check } from "../../../compiler/read/dsl/check.ts";

const page = readFileSync(packagePath("docs", "language.md"), "utf8");
const blocks = [...page.matchAll(/^```mote\n([\s\S]*?)^```$/gm)].map(([, text]) => text!);

// Where the weights of an example are, and the others.
const folder = packagePath("models", "ad");
const open = new Map(
  blocks.map((text) => [join(folder, `${/model (\w+)/.exec(text)![1]}.mote`), text]),
);

it("has examples of different names", () => {
  expect(blocks.length).toBeGreaterThan(5);
  expect(open.size).toBe(blocks.length);
});

it.each([...open.keys()])("%s", (file) => {
  const { graph, diagnostics } = check(file, { open });
  const errors = diagnostics.filter((d) => d.severity === "error" || d.code === 2117);
  expect(errors.map((d) => formatDiagnostic(d, false))).toEqual([]);
  expect(graph!.outputs.length).toBeGreaterThan(0);
});

/** Every example of docs/language.md is a model without errors. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { formatDiagnostic } from "../../../compiler/diagnostics.ts";
import { packagePath } from "../../../compiler/paths.ts";
import { check } from "../../../compiler/read/dsl/check.ts";

const page = readFileSync(packagePath("docs", "language.md"), "utf8");
const blocks = [...page.matchAll(/^```mote\n([\s\S]*?)^```$/gm)].map(([, text]) => text!);

it("has examples", () => expect(blocks.length).toBeGreaterThan(5));

it.each(blocks)("%s", (text) => {
  // Where the weights of an example are.
  const file = packagePath("models", "ad", "example.mote");
  const { graph, diagnostics } = check(file, { open: new Map([[file, text]]) });
  const errors = diagnostics.filter((d) => d.severity === "error" || d.code === 2117);
  expect(errors.map((d) => formatDiagnostic(d, false))).toEqual([]);
  expect(graph!.outputs.length).toBeGreaterThan(0);
});

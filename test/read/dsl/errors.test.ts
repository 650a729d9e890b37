/** Models that are wrong in one way each; what is said of them stands in a file beside. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatDiagnostic } from "../../../compiler/diagnostics.ts";
import { check } from "../../../compiler/read/dsl/check.ts";

const folder = join(import.meta.dirname, "errors");
const files = readdirSync(folder).filter((name) => name.endsWith(".mote"));

/** As the command prints it, without the way to the folder. */
const said = (name: string): string =>
  check(join(folder, name))
    .diagnostics.map((d) => formatDiagnostic(d, false).replaceAll(`${folder}/`, ""))
    .join("\n");

describe("errors", () => {
  it("are more than forty", () => expect(files.length).toBeGreaterThan(40));

  it.each(files)("%s", async (name) => {
    const text = said(name);
    expect(text).toMatch(/\(\d+,\d+\): error MOTE\d{4}: /);
    await expect(`${text}\n`).toMatchFileSnapshot(join(folder, name.replace(/mote$/, "txt")));
  });
});

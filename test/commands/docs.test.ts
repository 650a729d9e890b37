/** Pages that are made from tables; `vitest -u` writes them anew. */
import { describe, expect, it } from "vitest";
import { optionsPage, schemaText } from "../../compiler/commands/docs.ts";
import { grammarPage } from "../../compiler/commands/grammar.ts";
import { operatorsPage } from "../../compiler/commands/operators.ts";
import { packagePath } from "../../compiler/paths.ts";

describe("docs", () => {
  it("has the options as they are", () =>
    expect(optionsPage()).toMatchFileSnapshot(packagePath("docs", "options.md")));

  it("has the grammar as the parser has it", () =>
    expect(grammarPage()).toMatchFileSnapshot(packagePath("docs", "grammar.md")));

  it("has the operators as the compiler has them", () =>
    expect(operatorsPage()).toMatchFileSnapshot(packagePath("docs", "operators.md")));

  it("has the schema of mote.json as it is", () =>
    expect(schemaText()).toMatchFileSnapshot(packagePath("docs", "mote.schema.json")));
});

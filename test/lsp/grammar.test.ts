/** The TextMate grammar, run by the library that editors run it with. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { beforeAll, describe, expect, it } from "vitest";
import oniguruma from "vscode-oniguruma";
import textmate, { type IGrammar } from "vscode-textmate";
import { keywords } from "../../compiler/language/keywords.ts";
import { elementsByName } from "../../compiler/language/operators/quantisation.ts";
import { packagePath } from "../../compiler/paths.ts";

const extension = (...parts: string[]) => packagePath("compiler", "lsp", "vscode", ...parts);
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));
const path = extension("syntaxes", "mote.tmLanguage.json");

let grammar: IGrammar;
beforeAll(async () => {
  const wasm = createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm");
  await oniguruma.loadWASM(readFileSync(wasm));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (sources) => oniguruma.createOnigScanner(sources),
      createOnigString: (text) => oniguruma.createOnigString(text),
    }),
    loadGrammar: async () => textmate.parseRawGrammar(readFileSync(path, "utf8"), path),
  });
  grammar = (await registry.loadGrammar("source.mote"))!;
});

/** [text, innermost scope] of every word, without its ending. */
function scopes(text: string): [string, string][] {
  let state = textmate.INITIAL;
  return text.split("\n").flatMap((line) => {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    return tokens
      .map(({ startIndex, endIndex, scopes }): [string, string] => [
        line.slice(startIndex, endIndex),
        scopes.at(-1)!.replace(/\.mote$/, ""),
      ])
      .filter(([word, scope]) => word.trim() !== "" && !/^punctuation\.separator/.test(scope));
  });
}

describe("the TextMate grammar", () => {
  it("tells declarations, labels, types, arguments and calls apart", () => {
    expect(scopes("model net(image: float[1, 3]) -> y { // four")).toEqual([
      ["model", "storage.type"],
      ["net", "entity.name.class"],
      ["image", "variable.parameter"],
      ["float", "support.type"],
      ["1", "constant.numeric"],
      ["3", "constant.numeric"],
      ["->", "keyword.operator.arrow"],
      ["y", "variable.other"],
      ["// four", "comment.line.double-slash"],
    ]);
    expect(scopes("  let y = x |> conv(8, pad: same) as c @bits(4) |> relu")).toEqual([
      ["let", "storage.type"],
      ["y", "variable.other"],
      ["=", "keyword.operator.assignment"],
      ["x", "variable.other"],
      ["|>", "keyword.operator.pipe"],
      ["conv", "entity.name.function"],
      ["8", "constant.numeric"],
      ["pad", "variable.parameter"],
      ["same", "variable.other"],
      ["as", "keyword.other"],
      ["c", "entity.name.label"],
      ["@", "punctuation.definition.annotation"],
      ["bits", "entity.name.function.decorator"],
      ["4", "constant.numeric"],
      ["|>", "keyword.operator.pipe"],
      ["relu", "entity.name.function"],
    ]);
  });

  it("knows expressions in strings, and ends strings with their line", () => {
    expect(scopes('as "a.{i + 1}\\{"\n"open\nlet')).toEqual([
      ["as", "keyword.other"],
      ['"', "punctuation.definition.string.begin"],
      ["a.", "string.quoted.double"],
      ["{", "punctuation.section.interpolation.begin"],
      ["i", "variable.other"],
      ["+", "keyword.operator.arithmetic"],
      ["1", "constant.numeric"],
      ["}", "punctuation.section.interpolation.end"],
      ["\\{", "constant.character.escape"],
      ['"', "punctuation.definition.string.end"],
      ['"', "punctuation.definition.string.begin"],
      ["open", "string.quoted.double"],
      ["let", "storage.type"],
    ]);
  });

  it("takes words for keywords only as a whole, and documentation for such", () => {
    expect(scopes("/// docs\nletter = input2 ? format : 1.5e-3 .. as_is")).toEqual([
      ["/// docs", "comment.line.documentation"],
      ["letter", "variable.other"],
      ["=", "keyword.operator.assignment"],
      ["input2", "variable.other"],
      ["?", "keyword.operator.ternary"],
      ["format", "variable.other"],
      ["1.5e-3", "constant.numeric"],
      ["..", "keyword.operator.range"],
      ["as_is", "variable.other"],
    ]);
  });

  it("has the parser's keywords and element types, no more and no fewer", () => {
    const { repository } = json(path);
    const words = (rules: readonly { match: string }[]) =>
      rules.flatMap(({ match }) => /\(\?:([\w|]+)\)/.exec(match)![1]!.split("|")).sort();
    expect(words(repository.keywords.patterns)).toEqual([...keywords].sort());
    expect(words([repository.types])).toEqual([...elementsByName.keys()].sort());
    expect(words([repository.calls.patterns[1]])).toEqual([...elementsByName.keys()].sort());
    for (const word of keywords)
      expect(scopes(word)[0]![1]).toMatch(/^(keyword|storage|constant)\./);
  });
});

describe("the extension", () => {
  it("names files that are there, for the grammar's scope", () => {
    const { main, contributes } = json(extension("package.json"));
    const [{ path: grammarPath, scopeName }] = contributes.grammars;
    const [{ configuration, extensions }] = contributes.languages;
    expect(json(extension(grammarPath)).scopeName).toBe(scopeName);
    expect(json(extension(configuration)).comments.lineComment).toBe("//");
    expect(extensions).toEqual([".mote"]);
    expect(readFileSync(extension(main), "utf8")).toContain('"--lsp"');
  });
});

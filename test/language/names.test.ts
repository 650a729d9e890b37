/** Which declaration a name stands for: `‹name›` in a text is the declaration, `«name»` its uses. */
import { describe, expect, it } from "vitest";
import { builtins } from "../../compiler/read/dsl/builtins.ts";
import { check, readNames } from "../../compiler/read/dsl/check.ts";

const file = "/m.mote";

function readMarks(text: string) {
  const marks: { start: number; isDeclared: boolean }[] = [];
  let plain = "";
  for (const sign of text) {
    if (sign === "‹" || sign === "«") marks.push({ start: plain.length, isDeclared: sign === "‹" });
    else if (sign !== "›" && sign !== "»") plain += sign;
  }
  return { plain, marks };
}

/** Places of the declaration and its references, in the order of the text. */
function expectNames(text: string, others: Readonly<Record<string, string>> = {}) {
  const { plain, marks } = readMarks(text);
  const open = new Map([[file, plain], ...Object.entries(others)]);
  const { names } = readNames(file, open)!;
  const start = marks.find((m) => m.isDeclared)!.start;
  const own = [
    ...names.declared.filter((d) => d.name.start === start).map((d) => d.name.start),
    ...names.references
      .filter((r) => r.declared?.name.start === start && r.declared.source.file === file)
      .map((r) => r.name.start),
  ];
  expect(own.sort((a, b) => a - b)).toEqual(marks.map((m) => m.start));
}

describe("names", () => {
  it.each([
    "model m(‹x›: float[1, 2]) -> y { y = «x» + block_(«x») }\nblock block_(x) = x",
    "model m(x: float[1, «T»], ‹T› = 4) -> y { y = reshape(x, [«T»]) }",
    "model m(x: float[1]) -> ‹y›: float[1] { «y» = relu(x)\n assert «y».shape == [1] }",
    "block b(‹x›, n = 1) { let x2 = «x»\n for x in [1, 2] { let q = x }\n return «x» }",
    "block b(x) { for ‹i›, v in [1, 2] { let q = «i»\n if q == «i» { let i = 3\n let r = i } }\n return x }",
    "block b(x) { let ‹a› = x\n let a = «a»\n return a }",
    "block b(x) { let a = x\n let ‹a› = a\n return «a» }",
    "block b(x) { let l = [«i» * «i» for ‹i› in [1]]\n return x }",
    'block b(x) { let (a, (‹c›, d)) = x\n return «c» |> relu as "s.{«c»}" }',
    "block b(x) { var ‹v› = x\n if true { «v» = relu(«v») } else { let v = 1 }\n return «v» }",
    "block ‹f›(x) = x\nblock g(x) = x |> «f» |> «f»(1) as f",
    "block f(x, ‹n›) = x |> conv(«n»)\nblock g(x) = x |> f(«n»: 2) |> conv(n: 3)",
    "let ‹k› = 3\nblock f(x, n = «k») = x |> conv(«k», kernel: «k») as k\nblock g(k) = k",
    'block f(x) @kernel("{«k»}") = x\nlet ‹k› = 1',
    "block f(x: int8(scale: «s»), s = 1) = x\nlet ‹s› = 2",
    'block b(x) { weights "w.npz" { rename: { "a.{«x0»}": b } }\n return x }\nlet ‹x0› = 1',
  ])("%s", (text) => expectNames(text));

  it("of other files are found through imports, and their insides are not", () => {
    const lib = readMarks("let hidden = 1\nblock ‹f›(x) = x");
    const text = 'import "lib.mote"\nimport "lib.mote" as l\nblock g(x) = x |> f |> l.f |> l.none';
    const { names } = readNames(
      file,
      new Map([
        [file, text],
        ["/lib.mote", lib.plain],
      ]),
    )!;
    const found = names.references.filter((r) => r.declared?.source.file === "/lib.mote");
    expect(found.map((r) => r.name.start)).toEqual([
      text.indexOf("f |>"),
      text.indexOf("f |> l.none"),
    ]);
    expect(found.every((r) => r.declared!.name.start === lib.marks[0]!.start)).toBe(true);
  });

  it.each(["net(«x»: v) |> l.«net»", "«a»(«x»: v)"])("of models of other files: %s", (call) => {
    const lib = readMarks("model ‹net›(‹x›: float[1], n = 1) -> y { y = x }");
    const text = readMarks(
      `import "lib.mote" as ‹a›\nimport "lib.mote" as l\nblock b(v) = ${call.replace(/^net/, "a.«net»")}`,
    );
    const open = new Map([
      [file, text.plain],
      ["/lib.mote", lib.plain],
    ]);
    const { references } = readNames(file, open)!.names;
    const uses = text.marks.filter((m) => !m.isDeclared).map((m) => m.start);
    const found = references.map((r) => r.name.start);
    for (const start of uses) expect(found).toContain(start);
    const theirs = references.filter((r) => r.declared?.source.file === "/lib.mote");
    for (const { name, declared } of theirs)
      expect(declared!.name.start).toBe(lib.plain.indexOf(name.text, name.text === "x" ? 7 : 0));
    expect(theirs.length).toBe(call.startsWith("net") ? 3 : 1);
  });
});

const problems = (text: string, others: Readonly<Record<string, string>> = {}) => {
  const open = new Map([[file, text], ...Object.entries(others)]);
  return check(file, { open }).diagnostics.map((d) => [
    d.code,
    text.split("\n")[d.place.line! - 1]!.slice(d.place.column! - 1, d.place.endColumn! - 1),
  ]);
};

describe("unknown names", () => {
  it("are reported once each, wherever they stand", () => {
    const text = `model m(x: float[1, 3, 8, 8]) -> y {
  weights random(seed: 1)
  let a = x |> conv(4, kernl: 3)
  y = a |> global_avrage_pool
  if false { let b = nothing }
  zz = x
}
block idle(x: flot[1]) = [kk for kk2 in ll]`;
    expect(problems(text).sort()).toEqual(
      [
        [2104, "kernl"],
        [2102, "global_avrage_pool"],
        [2102, "nothing"],
        [2110, "zz"],
        [2102, "flot"],
        [2102, "kk"],
        [2102, "ll"],
      ].sort(),
    );
  });

  it("are not those of a file that cannot be read", () => {
    const text =
      'import "lost.mote"\nmodel m(x: float[1]) -> y { y = relu(x) }\nblock b(x) = x |> theirs';
    expect(problems(text)).toEqual([[1001, '"lost.mote"']]);
  });
});

describe("blocks", () => {
  const model = "model m(x: float[1]) -> y { y = relu(x) |> used }\nblock used(x) = x\n";
  it("that nothing calls are warned of, but for those with _", () =>
    expect(problems(`${model}block idle(x) = x\nblock _later(x) = x`)).toEqual([[2117, "idle"]]));

  it("that only call themselves are not used either", () =>
    expect(problems(`${model}block idle(x) = idle(x)`)).toEqual([[2117, "idle"]]));
});

it("knows all of the language's own names", () => {
  const text = `block b(x) = [${[...builtins.keys()].join(", ")}]`;
  const { names } = readNames(file, new Map([[file, text]]))!;
  expect(names.unknown).toEqual([]);
  expect(names.references).toHaveLength(builtins.size);
});

/** Texts that would keep a careless reader busy for long, and what is said of them. */

const model = (body: string, declarations = ""): string =>
  `model m(x: float[1, 8, 16, 16]) -> y {\n  weights random(seed: 1)\n${body}\n}\n${declarations}`;

const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join("\n");

/** Blocks b0 to b30, each of which uses the one before twice. */
const doubling = (first: string, next: (before: string) => string): string =>
  lines(31, (i) => `block b${i}(x) = ${i === 0 ? first : next(`b${i - 1}`)}`);

const chain = (count: number): string =>
  lines(count, (i) => `block b${i}(x) = ${i === 0 ? "relu(x)" : `x |> b${i - 1}`}`);

export interface Hostile {
  readonly text: () => string;
  /** Of the diagnostics, each once, in their order. */
  readonly codes: readonly number[];
}

export const hostile: Readonly<Record<string, Hostile>> = {
  "10 MB of brackets": { text: () => "(".repeat(1e7), codes: [2101] },
  "4 MB of words": { text: () => "a ".repeat(2e6), codes: [2101] },
  "brackets that close": { text: () => ")".repeat(1e6), codes: [2101] },
  quotes: { text: () => '"'.repeat(3e6), codes: [2101] },
  "500,000 annotations": { text: () => model(`y = relu(x)${" @keep".repeat(5e5)}`), codes: [2116] },
  "500,000 choices": { text: () => model(`y = relu(x)${" @float".repeat(5e5)}`), codes: [] },
  "choices for all in blocks of blocks": {
    text: () =>
      model(
        "  y = x |> b12 @float",
        lines(
          13,
          (i) =>
            `block b${i}(x) @float = ${i === 0 ? "relu(x)" : `x ${`|> b${i - 1} @float `.repeat(2)}`}`,
        ),
      ),
    codes: [],
  },
  "a state of 4 GB": {
    text: () => model("  state h: float[65536, 16384]\n  y = x"),
    codes: [2114],
  },
  "500,000 additions": { text: () => model(`y = x ${"+ x ".repeat(5e5)}`), codes: [2114] },
  "300,000 stages": { text: () => model(`y = x ${"|> relu ".repeat(3e5)}`), codes: [2114] },
  "a million signs": { text: () => model(`y = ${"-".repeat(1e6)}x`), codes: [2114] },
  "choices in a row": { text: () => model(`y = ${"true ? x : ".repeat(2e5)}x`), codes: [] },
  "500,000 members": { text: () => model(`y = x${".a".repeat(5e5)}`), codes: [2114] },
  "500,000 calls": { text: () => model(`y = x${"()".repeat(5e5)}`), codes: [2114] },
  "a loop of 10^9 rounds": {
    text: () => model("for i in 0..1000000000 { }\ny = x"),
    codes: [2114],
  },
  "nested loops": {
    text: () =>
      model("for i in 0..1000 { for j in 0..1000 { for k in 0..9 { let a = i } } }\ny = x"),
    codes: [2114],
  },
  "a million layers": {
    text: () => model('var z = x\nfor i in 0..1000000 { z = conv(z, 8) as "c{i}" }\ny = z'),
    codes: [2114],
  },
  "blocks that call twice what calls twice": {
    text: () =>
      model(
        "y = x |> b30",
        doubling("relu(x)", (b) => `x |> ${b} |> ${b}`),
      ),
    codes: [2114],
  },
  "the same with numbers": {
    text: () =>
      model(
        "let a = b30(1)\ny = x",
        doubling("x", (b) => `${b}(x) + ${b}(x)`),
      ),
    codes: [2114],
  },
  "a string that doubles": {
    text: () => model('var s = "aaaaaaaa"\nfor i in 0..100 { s = s + s }\ny = x'),
    codes: [2108],
  },
  "a template that doubles": {
    text: () => model('var s = "aaaaaaaa"\nfor i in 0..100 { s = "{s}{s}" }\ny = x'),
    codes: [2114],
  },
  "a list that doubles": {
    text: () => model("var s = [1]\nfor i in 0..100 { s = s + s }\ny = x"),
    codes: [2114],
  },
  "a list of itself twice": {
    text: () => model("var s = [1]\nfor i in 0..100 { s = [s, s] }\nassert s == s\ny = x"),
    codes: [2114],
  },
  "lists in lists": {
    text: () => model("var s = [1]\nfor i in 0..100000 { s = [s] }\nassert s == s\ny = x"),
    codes: [2114],
  },
  "long lists compared often": {
    text: () => model("let a = 0..1000000\nfor i in 0..100000 { let z = a == a }\ny = x"),
    codes: [2114],
  },
  "long lists added up often": {
    text: () => model("let a = 0..1000000\nfor i in 0..100000 { let z = sum(a) }\ny = x"),
    codes: [2114],
  },
  "a constant of 4 GB": {
    text: () => model("y = x + constant(float[1000000000], [0])"),
    codes: [2107],
  },
  "many large constants": {
    text: () =>
      model("var z = x\nfor i in 0..100000 { z = z + constant(float[1000000], [0]) }\ny = z"),
    codes: [2107],
  },
  "10^9 filters": { text: () => model("y = conv(x, 1000000000)"), codes: [2114] },
  "a window of 10^10": { text: () => model("y = conv(x, 8, kernel: 100000)"), codes: [2107] },
  "a tensor of 80 TB": { text: () => model("y = tile(x, [1, 1, 100000, 100000])"), codes: [2013] },
  "10^8 results": { text: () => model("y = onnx.Split(x, outputs: 100000000)"), codes: [2107] },
  "a million dimensions": {
    text: () => model("y = reshape(x, [1 for i in 0..1000000])"),
    codes: [2114],
  },
  "blocks in blocks": { text: () => model("y = x |> b599", chain(600)), codes: [2114] },
  "blocks in conditions in blocks": {
    text: () =>
      model(
        "y = x |> b62",
        lines(
          63,
          (i) =>
            `block b${i}(x) { var z = x\n${"if true { ".repeat(95)}z = ${i === 0 ? "relu(x)" : `b${i - 1}(x)`}${" }".repeat(95)}\nreturn z }`,
        ),
      ),
    codes: [2114],
  },
  recursion: {
    text: () => model("y = f(x)", "block f(x) = g(x)\nblock g(x) = f(x)"),
    codes: [2114],
  },
  "recursion through an argument": {
    text: () => model("y = f(f, x)", "block f(g, x) = g(g, x)"),
    codes: [2114],
  },
  "100,000 errors": { text: () => model(lines(1e5, (i) => `let a${i} = b${i}`)), codes: [2102] },
  "a name of 3 MB": { text: () => model(`let ${"a".repeat(3e6)} = 1\ny = x`), codes: [2101] },
  "a number of 3 MB": { text: () => model(`y = x + ${"9".repeat(3e6)}`), codes: [2108] },
  "a member of 3 MB": { text: () => model(`y = onnx.${"a".repeat(3e6)}`), codes: [2101] },
  "braces in a string": {
    text: () => model(`let a = "${"{".repeat(20_000)}"\ny = x`),
    codes: [2101],
  },
  "brackets in a string": {
    text: () => model(`let a = "{${"(".repeat(200_000)}1}"\ny = x`),
    codes: [2101],
  },
  "100,000 inputs": {
    text: () => `model m(${lines(1e5, (i) => `x${i}: float[1],`).slice(0, -1)}) -> y { y = x0 }`,
    codes: [2117],
  },
  "a shape of 100,000 sizes": {
    text: () => `model m(x: float[${"1,".repeat(1e5)}1]) -> y { y = relu(x) }`,
    codes: [],
  },
  "a shape of 8 TB": {
    text: () => "model m(x: float[2147483647, 1000]) -> y { y = relu(x) }",
    codes: [2114],
  },
  "division by zero": { text: () => model("let a = 1 / 0\ny = x"), codes: [2108] },
  "whole numbers that overflow": {
    text: () => model("let a = 9007199254740991 * 9007199254740991\ny = x"),
    codes: [2108],
  },
  "a null byte": { text: () => model("y = x\0"), codes: [2101] },
  "a byte order mark and CRLF": {
    text: () => `\uFEFF${model("y = x").replaceAll("\n", "\r\n")}`,
    codes: [],
  },
};

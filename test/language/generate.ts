/** Random texts of the model language, as lists of tokens, and what may stand between tokens. */
import type { Random } from "../support/random.ts";

type Tokens = readonly string[];
type Draw = (r: Random, depth: number) => Tokens;

const names = ["x", "y", "stem", "channels", "residual", "conv_bn", "relu", "layout", "T"];
const numbers = ["0", "1", "16", "0.5", "1e-3", "2.50", "007"];
const strings = ['"a"', '"stages.{i}"', '"w.npz"', '"\\"q\\" \\{ \\u{41}"', '""'];
const operators = ["||", "&&", "==", "!=", "<", "<=", ">", ">=", "..", "+", "-", "*", "/", "%"];

const name = (r: Random) => [r.pick(names)];
const maybe = (r: Random, draw: () => Tokens): Tokens => (r.int(0, 2) === 0 ? draw() : []);
const many = (r: Random, most: number, draw: () => Tokens, separator: Tokens = []): Tokens =>
  Array.from({ length: r.int(0, most) }, draw).flatMap((t, i) => (i ? [...separator, ...t] : t));
const some = (r: Random, most: number, draw: () => Tokens, separator: Tokens = []): Tokens => {
  const more = many(r, most - 1, draw, separator);
  return more.length > 0 ? [...draw(), ...separator, ...more] : draw();
};

const label = (r: Random) => ["as", ...(r.int(0, 1) ? name(r) : [r.pick(strings)])];
const annotation: Draw = (r, d) => ["@", ...name(r), ...maybe(r, () => args(r, d))];
const argument: Draw = (r, d) => [...maybe(r, () => [...name(r), ":"]), ...expression(r, d)];
const args: Draw = (r, d) => ["(", ...many(r, 4, () => argument(r, d - 1), [","]), ")"];
const list: Draw = (r, d) => {
  const isLong = r.int(0, 4) === 0;
  const item = () => (isLong ? [r.pick([...numbers, ...strings])] : expression(r, d - 1));
  return ["[", ...many(r, isLong ? 60 : 4, item, [","]), "]"];
};

const primary: Draw = (r, d) => {
  const kind = d <= 0 ? r.int(0, 3) : r.int(0, 8);
  if (kind === 0) return [r.pick(numbers)];
  if (kind === 1) return [r.pick(["true", "false"])];
  if (kind === 2) return [r.pick(strings)];
  if (kind === 3 || kind > 6) return name(r);
  if (kind === 4) return list(r, d);
  if (kind === 5) return ["(", ...some(r, 3, () => expression(r, d - 1), [","]), ")"];
  const over = ["for", ...some(r, 2, () => pattern(r, 1), [","]), "in", ...expression(r, d - 1)];
  return ["[", ...expression(r, d - 1), ...over, "]"];
};

const step: Draw = (r, d) => {
  const kind = r.int(0, 7);
  if (kind === 0) return [".", ...name(r)];
  if (kind === 1) return list(r, d);
  if (kind === 2) return label(r);
  return kind === 3 ? annotation(r, d) : args(r, d);
};

const postfix: Draw = (r, d) => [...primary(r, d), ...(d > 0 ? many(r, 3, () => step(r, d)) : [])];
const prefix: Draw = (r, d) => [
  ...maybe(r, () => some(r, 2, () => [r.pick(["-", "!"])])),
  ...postfix(r, d),
];

const expression: Draw = (r, d) => {
  const kind = d <= 0 ? 0 : r.int(0, 9);
  if (kind === 1) return some(r, 6, () => prefix(r, d - 1), [r.pick(operators)]);
  if (kind === 2)
    return [...prefix(r, d), ...some(r, 4, () => [r.pick(operators), ...prefix(r, d - 1)])];
  if (kind === 3 || kind === 4)
    return [...prefix(r, d), ...some(r, 5, () => ["|>", ...postfix(r, d - 1)])];
  if (kind === 5) {
    const branch = () => ["?", ...prefix(r, d - 1), ":", ...prefix(r, d - 1)];
    return [...prefix(r, d), ...some(r, 3, branch)];
  }
  return prefix(r, d);
};

const pattern: Draw = (r, d) =>
  d <= 0 || r.int(0, 3) > 0 ? name(r) : ["(", ...some(r, 3, () => pattern(r, d - 1), [","]), ")"];
const type = (r: Random) => [
  ":",
  ...name(r),
  ...maybe(r, () => list(r, 1)),
  ...maybe(r, () => args(r, 1)),
];

const nameOrString = (r: Random) => [r.pick([...names, ...strings])];
const settings: Draw = (r, d) => {
  const one = () => [
    ...nameOrString(r),
    ":",
    ...(d > 0 && r.int(0, 1) ? settings(r, d - 1) : nameOrString(r)),
  ];
  return ["{", ...many(r, 3, one, [","]), "}"];
};

const body: Draw = (r, d) => ["{", ...many(r, 4, () => statement(r, d - 1)), "}"];
const initial = (r: Random, d: number) => ["=", ...expression(r, d)];
const binding: Draw = (r, d) => [
  r.pick(["let", "var"]),
  ...pattern(r, 2),
  ...maybe(r, () => type(r)),
  ...initial(r, d),
];

const statement: Draw = (r, d) => {
  const deep = () => (d > 0 ? body(r, d) : ["{", "}"]);
  switch (r.int(0, 8)) {
    case 0:
      return [
        "for",
        ...some(r, 3, () => pattern(r, 1), [","]),
        "in",
        ...expression(r, 1),
        ...deep(),
      ];
    case 1: {
      const branch = () => ["if", ...expression(r, 1), ...deep()];
      const more = many(r, 2, () => ["else", ...branch()]);
      return [...branch(), ...more, ...maybe(r, () => ["else", ...deep()])];
    }
    case 2:
      return ["return", ...expression(r, d)];
    case 3:
      return ["assert", ...expression(r, d), ...maybe(r, () => [",", r.pick(strings)])];
    case 4:
      return ["state", ...name(r), ...maybe(r, () => label(r)), ...type(r), ...initial(r, d)];
    case 5: {
      const from = r.int(0, 1) ? [r.pick(strings)] : ["random", ...args(r, 1)];
      const layout = maybe(r, () => ["layout", "pytorch"]);
      // A statement that begins with the name 'layout' must not follow.
      return ["weights", ...from, ...layout, ...settings(r, 2)];
    }
    case 6:
      return [...name(r), ...initial(r, d)];
    default:
      return binding(r, d);
  }
};

const parameters: Draw = (r, d) => {
  const one = () => {
    const first = [...name(r), ...maybe(r, () => label(r)), ...maybe(r, () => type(r))];
    const layout = maybe(r, () => ["nhwc"]);
    const value = maybe(r, () => ["=", ...expression(r, d)]);
    return [...first, ...layout, ...value, ...maybe(r, () => annotation(r, 1))];
  };
  return ["(", ...many(r, 4, one, [","]), ")"];
};

const declaration: Draw = (r, d) => {
  const kind = r.int(0, 5);
  const marks = many(r, 2, () => annotation(r, 1));
  if (kind === 0) return ["import", r.pick(strings), ...maybe(r, () => ["as", ...name(r)])];
  if (kind === 1) return binding(r, d);
  const own = () => [...name(r), ...maybe(r, () => label(r)), ...maybe(r, () => type(r))];
  if (kind === 2) {
    const several = ["(", ...some(r, 3, own, [","]), ")"];
    const outputs = r.int(0, 1) ? own() : several;
    const head = ["model", ...name(r), ...maybe(r, () => label(r)), ...parameters(r, 1), "->"];
    return [...head, ...outputs, ...marks, ...body(r, d)];
  }
  const value = r.int(0, 1) ? ["=", ...expression(r, d)] : body(r, d);
  return ["block", ...name(r), ...parameters(r, 1), ...marks, ...value];
};

/** The tokens of a file. */
export const drawTokens = (r: Random): Tokens => many(r, 4, () => declaration(r, 3));

const white = ["", "", "", " ", " ", "\n", "\n\n", "\n\n\n", "\t", "  \n   "];
const comments = ["// c", "/// doc", "//", "//  two  words  ", '// "{['];

/** The tokens with random white space between, and comments at a rate of up to one a token. */
export function layTokens(r: Random, tokens: Tokens, rate: number, lineEnd = "\n"): string {
  const between = () => {
    let text = r.pick(white);
    while (r.real() < rate) text += ` ${r.pick(comments)}\n${r.pick(white)}`;
    return text;
  };
  const isWord = (sign: string | undefined) => /[\w.]/.test(sign ?? "");
  let text = between();
  for (const token of tokens) {
    // Words and signs that would become one token.
    const isJoined = isWord(text.at(-1)) ? isWord(token[0]) : /[-!<>=|&.]/.test(text.at(-1) ?? "");
    text += (isJoined ? " " : "") + token + between();
  }
  return text.replaceAll("\n", lineEnd);
}

/** Errors in the text form have a line and a column. */
import { expect, it } from "vitest";
import { GraphTextError, parseGraph } from "../../compiler/ir/parse.ts";

const graph = (...lines: string[]) => ['graph lowered "g" {', ...lines, "}"].join("\n");
const x = "  %0: float32[2] = Input";

const cases: readonly [string, string, number, number, RegExp][] = [
  ["another word", "grahp", 1, 1, /expected 'graph'/],
  ["an unknown level", 'graph mixed "g" {', 1, 7, /expected a level/],
  ["an unknown element type", graph("  %0: floot[2] = Input"), 2, 7, /expected an element type/],
  ["a missing type", graph("  %0 = Input"), 2, 6, /expected ':'/],
  [
    "a value that is not defined",
    graph(x, "  %1: float32[2] = Tanh(%7)"),
    3,
    25,
    /%7 is not defined/,
  ],
  [
    "a value that is read before it is made",
    graph("  %1: float32[2] = Tanh(%0)", x),
    2,
    25,
    /%0 is not/,
  ],
  ["a letter that is none", graph(x, "  %1: float32[2] = Tanh(§0)"), 3, 25, /unexpected character/],
  [
    "too few numbers",
    graph("  %0: float32[2] = Constant [1]", '  return %0 as "y"'),
    2,
    29,
    /2 numbers/,
  ],
  ["an output without a name", graph(x, "  return %0"), 4, 1, /expected 'as'/],
  ["an open list", graph("  %0: float32[2, = Input"), 2, 18, /expected a number/],
  ["the end in the middle", 'graph lowered "g" {', 1, 19, /expected a value/],
];

it.each(cases)("%s", (_, text, line, column, says) => {
  let caught: unknown;
  try {
    parseGraph(text);
  } catch (problem) {
    caught = problem;
  }
  expect(caught).toBeInstanceOf(GraphTextError);
  const error = caught as GraphTextError;
  expect(error.message).toMatch(says);
  expect([error.line, error.column]).toEqual([line, column]);
});

/** Elements of an SVG picture as text. */
import Handlebars from "handlebars";

/** Characters that no XML document may have. */
const forbidden = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** Any text, for an attribute or between tags. */
export const escaped = (text: string): string =>
  Handlebars.escapeExpression(text.replace(forbidden, "\uFFFD"));

export type Attributes = Readonly<Record<string, string | number>>;

const valueText = (value: string | number): string =>
  typeof value === "number" ? String(Number(value.toFixed(3))) : escaped(value);

/** @param content elements, or text that is escaped. */
export function element(name: string, attributes: Attributes, ...content: string[]): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${valueText(value)}"`);
  const start = `<${name}${given.join("")}`;
  return content.length === 0 ? `${start}/>` : `${start}>${content.join("")}</${name}>`;
}

/** About how wide text is, in widths of a Latin letter. */
export const lettersOf = (text: string): number =>
  [...text].reduce((sum, c) => sum + (c.codePointAt(0)! < 0x2e80 ? 1 : 1.8), 0);

/** The end of a text, which is what tells names apart. */
export function shortened(text: string, letters: number): string {
  const characters = [...text];
  while (lettersOf(characters.join("")) > letters) characters.shift();
  const end = characters.join("");
  return end === text ? text : `…${end}`;
}

/** Reads XML as strictly as its grammar asks, as far as pictures need it. */

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  /** Text right below it. */
  text: string;
}

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decoded(text: string): string {
  if (/[<]|&(?!(?:#\d+|#x[\da-f]+|amp|lt|gt|quot|apos);)/i.test(text))
    throw new Error(`not XML: ${text}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what XML forbids.
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\uFFFE\uFFFF]|\p{Surrogate}/u.test(text))
    throw new Error(`characters that XML forbids: ${JSON.stringify(text)}`);
  return text.replace(/&(#x?)?(\w+);/g, (_, number, name) =>
    number
      ? String.fromCodePoint(Number.parseInt(name, number === "#" ? 10 : 16))
      : entities[name]!,
  );
}

function attributesOf(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const rest = text.replace(/\s+([\w:-]+)="([^"]*)"/g, (_, name: string, value: string) => {
    if (name in found) throw new Error(`twice: ${name}`);
    found[name] = decoded(value);
    return "";
  });
  if (rest.trim() !== "") throw new Error(`not attributes: ${rest}`);
  return found;
}

/** The root. @throws Error for what is no XML. */
export function parseXml(text: string): Element {
  const top: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [top];
  for (const [, between, close, name, attributes, empty] of text.matchAll(
    /([^<]*)(?:<(\/)?([\w:-]+)((?:[^>"]|"[^"]*")*?)(\/)?>|$)/g,
  )) {
    open.at(-1)!.text += decoded(between!);
    if (name === undefined) continue;
    if (close) {
      if (open.pop()!.name !== name) throw new Error(`</${name}> closes something else`);
      continue;
    }
    const element = { name, attributes: attributesOf(attributes!), children: [], text: "" };
    open.at(-1)!.children.push(element);
    if (!empty) open.push(element);
  }
  if (open.length !== 1 || top.children.length !== 1 || top.text.trim() !== "")
    throw new Error("not one element, closed at the end");
  return top.children[0]!;
}

/** An element and all below it. */
export const allOf = (element: Element): Element[] => [element, ...element.children.flatMap(allOf)];

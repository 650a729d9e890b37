/** Axes and lines of the picture of the arena. */
import type { Span } from "./arena.ts";
import {
  bottom,
  type Frame,
  fontSize,
  margin,
  nameLetters,
  plotHeight,
  widthOf,
} from "./memory-frame.ts";
import { grouped } from "./session.ts";
import { element, escaped, shortened } from "./svg.ts";

/** Degrees by which names are turned that do not fit below their span. */
const turn = 60;

/** Lines at multiples of a power of two, eight at the most. */
export function byteAxis({ plan: { arenaBytes }, y, width }: Frame): string[] {
  let unit = 1;
  while (arenaBytes / unit > 8) unit *= 2;
  const count = Math.floor(arenaBytes / unit);
  const marks = Array.from({ length: count + 1 }, (_, i) => {
    const at = y(i * unit);
    return [
      element("line", {
        ...{ x1: margin.left - 4, x2: margin.left + width, y1: at, y2: at },
        class: "grid",
      }),
      element(
        "text",
        { x: margin.left - 8, y: at + fontSize / 3, "text-anchor": "end" },
        grouped(i * unit),
      ),
    ];
  });
  const middle = margin.top + plotHeight / 2;
  const title = { x: 14, y: middle, transform: `rotate(-90 14 ${middle})` };
  return [
    ...marks.flat(),
    element("text", { ...title, "text-anchor": "middle" }, "offset in the arena (bytes)"),
  ];
}

/** What fits below a span, or the shortest. */
function spanText({ layers }: Span, width: number): { text: string; fits: boolean } {
  const [first, last] = [layers[0]!, layers.at(-1)!].map((l) => shortened(l, nameLetters));
  const count = `${layers.length} layers row by row`;
  const texts =
    layers.length === 1 ? [first!] : [`${first} … ${last}: ${count}`, `${first} … ${last}`, count];
  const text = texts.find((t) => widthOf(t) + 8 < width);
  return { text: text ?? texts.at(-1)!, fits: text !== undefined };
}

/** The name of a span below the axis, turned where it is too long. */
function spanName(span: Span, { x }: Frame): string {
  const [left, right] = [x(span.begin), x(span.end)];
  const { text, fits } = spanText(span, right - left);
  const middle = (left + right) / 2;
  const [at, y] = fits ? [middle, bottom + 32] : [middle + fontSize / 3, bottom + 28];
  return element(
    "text",
    {
      ...{ class: "span", "data-begin": span.begin, "data-end": span.end, x: at, y },
      ...{ "data-left": left, "data-right": right, "text-anchor": fits ? "middle" : "end" },
      ...(!fits && { transform: `rotate(${-turn} ${at.toFixed(3)} ${y})` }),
    },
    element("title", {}, escaped(span.layers.join("\n"))),
    escaped(text),
  );
}

/** How far names reach below the axis. */
export const namesHeight = ({ arena: { spans }, x }: Frame): number =>
  spans.reduce((height, span) => {
    const { text, fits } = spanText(span, x(span.end) - x(span.begin));
    return fits ? height : Math.max(height, widthOf(text) * Math.sin((turn * Math.PI) / 180));
  }, 0);

/** Ticks and names of layers below the time in which they run. */
export function timeAxis(frame: Frame): string[] {
  const { arena, x, width } = frame;
  const lines = arena.spans.map(({ begin }) => {
    const at = { x1: x(begin), x2: x(begin) };
    return element("line", { class: "grid", ...at, y1: margin.top, y2: bottom + 5 });
  });
  let free = 0;
  const ticks = arena.spans.flatMap(({ begin }) => {
    const left = x(begin);
    if (left < free) return [];
    free = left + widthOf(String(begin)) + 8;
    return [element("text", { x: left, y: bottom + 16, class: "tick" }, String(begin))];
  });
  const end = margin.left + width + 8;
  return [
    ...lines,
    ...ticks,
    ...arena.spans.map((span) => spanName(span, frame)),
    element("text", { x: end, y: bottom + 16 }, `time (${grouped(arena.ticks)} ticks)`),
  ];
}

/** A level of bytes, with its name at the right. */
function level(name: string, bytes: number, { y, width }: Frame, textY = y(bytes)): string[] {
  const at = y(bytes);
  const right = margin.left + width;
  return [
    element("line", { class: "level", x1: margin.left, x2: right, y1: at, y2: at }),
    element("text", { x: right + 6, y: textY + fontSize / 3 }, `${name} ${grouped(bytes)}`),
  ];
}

/** Where the arena ends, and below it the bound; or where each memory's part of it does. */
export function levels(frame: Frame, lowerBound: number): string[] {
  const { arenaBytes, pools } = frame.plan;
  if (pools.length > 1) return pools.flatMap(({ memory, end }) => level(memory, end, frame));
  if (lowerBound === arenaBytes) return level("arena = lower bound", arenaBytes, frame);
  const below = Math.max(frame.y(lowerBound), frame.y(arenaBytes) + fontSize + 3);
  return [...level("arena", arenaBytes, frame), ...level("lower bound", lowerBound, frame, below)];
}

export function peakLine({ arena: { peak }, x, width }: Frame): string[] {
  const at = (x(peak.tick) + x(peak.tick + 1)) / 2;
  const text = `peak: ${grouped(peak.bytes)} bytes in use, ${shortened(peak.layer, nameLetters)}`;
  const half = widthOf(text) / 2;
  const middle = Math.min(Math.max(at, margin.left + half), margin.left + width - half);
  return [
    element("line", {
      ...{ class: "peak", x1: at, x2: at, y1: margin.top - 6, y2: bottom },
    }),
    element(
      "text",
      { x: middle, y: margin.top - 12, "text-anchor": "middle", class: "peak-text" },
      escaped(text),
    ),
  ];
}

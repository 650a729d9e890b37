/** `--emitMemoryMap`: the arena over time, as an SVG picture. */
import type { Program } from "../compile.ts";
import type { Plan } from "../ir/plan.ts";
import {
  type Arena,
  arenaOf,
  isAlive,
  labelOf,
  layerAt,
  type Piece,
  type Span,
  timeScale,
} from "./arena.ts";
import { certificate } from "./memory.ts";
import { grouped } from "./session.ts";
import { element, escaped, lettersOf, shortened } from "./svg.ts";

/** All sizes in pixels. */
const margin = { left: 76, right: 190, top: 64 };
const plotHeight = 480;
const bottom = margin.top + plotHeight;
const plotWidthMin = 960;
const spanWidthMin = 18;
const fontSize = 11;
const letterWidth = 6.4;
/** Longest name of a layer, in letters. */
const nameLetters = 28;
/** Degrees by which names are turned that do not fit below their span. */
const turn = 60;
const legend = { column: 230, row: 18 };

/** Where things of the plan are in the picture. */
interface Frame {
  readonly arena: Arena;
  readonly plan: Plan;
  readonly width: number;
  readonly x: (tick: number) => number;
  readonly y: (byte: number) => number;
}

function frameOf(plan: Plan): Frame {
  const arena = arenaOf(plan);
  const width = Math.max(plotWidthMin, arena.spans.length * spanWidthMin);
  const x = timeScale(arena.spans, width, spanWidthMin);
  const scale = plotHeight / Math.max(1, plan.arenaBytes);
  return {
    arena,
    plan,
    width,
    x: (tick) => margin.left + x(tick),
    y: (byte) => bottom - byte * scale,
  };
}

const widthOf = (text: string): number => lettersOf(text) * letterWidth;

/** Hues by the golden angle: those of layers that follow each other are far apart. */
function colourOf(layer: number): string {
  const [hue, lightness] = [(layer * 137.508 + 210) % 360, layer % 2 === 0 ? 0.72 : 0.62];
  const channel = (n: number) => {
    const k = (n + hue / 30) % 12;
    const share = 0.55 * Math.min(lightness, 1 - lightness);
    const value = lightness - share * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(255 * value)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

function titleOf(piece: Piece, plan: Plan): string {
  const { buffer, from, to, life } = piece;
  const isPart = to - from < buffer.bytes;
  const [first, last] = [life.begin, life.end - 1];
  return [
    labelOf(piece),
    `${grouped(to - from)} bytes at offset ${grouped(buffer.offset + from)}` +
      (isPart ? `, part of a buffer of ${grouped(buffer.bytes)} at ${grouped(buffer.offset)}` : ""),
    `from ${layerAt(plan, first)} to ${layerAt(plan, last)}, ticks ${first} to ${last}`,
  ].join("\n");
}

function rectangle(piece: Piece, { x, y, plan }: Frame): string {
  const { buffer, from, to, begin, end, isScratch } = piece;
  const top = y(buffer.offset + to);
  const size = { width: x(end) - x(begin), height: y(buffer.offset + from) - top };
  return element(
    "rect",
    {
      ...(isScratch && { class: "scratch" }),
      ...{ x: x(begin), y: top, ...size },
      // An edge would hide what is hardly larger.
      ...(Math.min(size.width, size.height) < 3 && { stroke: "none" }),
    },
    element("title", {}, escaped(titleOf(piece, plan))),
  );
}

/** A group for each layer, in its colour. */
function rectangles(frame: Frame): string[] {
  const { layers, pieces } = frame.arena;
  return layers.map((layer, i) => {
    const own = pieces.filter((p) => p.layer === layer);
    return element(
      "g",
      { class: "layer", fill: colourOf(i) },
      ...own.map((p) => `\n${rectangle(p, frame)}`),
    );
  });
}

/** The name of what lies in a buffer, in the middle of its time, where it has room. */
function nameIn(pieces: readonly Piece[], { x, y }: Frame): string[] {
  const { layer, buffer } = pieces[0]!;
  const [begin, end] = [
    Math.min(...pieces.map((p) => p.begin)),
    Math.max(...pieces.map((p) => p.end)),
  ];
  const alive = pieces.filter((p) => isAlive(p, (begin + end - 1) >> 1));
  if (alive.length === 0) return [];
  const [from, to] = [Math.min(...alive.map((p) => p.from)), Math.max(...alive.map((p) => p.to))];
  const middle = alive.find((p) => p.from <= (from + to) / 2 && (from + to) / 2 <= p.to);
  if (!middle) return [];
  const text = shortened(layer, nameLetters);
  const [left, right] = [x(middle.begin), x(middle.end)];
  const [top, bottom] = [y(buffer.offset + to), y(buffer.offset + from)];
  if (right - left < widthOf(text) + 4 || bottom - top < fontSize + 2) return [];
  const place = { x: (left + right) / 2, y: (top + bottom) / 2 + fontSize / 3 };
  return [element("text", { class: "name", ...place, "text-anchor": "middle" }, escaped(text))];
}

function names(frame: Frame): string[] {
  const groups = new Map<string, Piece[]>();
  for (const piece of frame.arena.pieces) {
    const key = JSON.stringify([piece.buffer.id, labelOf(piece)]);
    groups.set(key, [...(groups.get(key) ?? []), piece]);
  }
  return [...groups.values()].flatMap((pieces) => nameIn(pieces, frame));
}

/** Lines at multiples of a power of two, eight at the most. */
function byteAxis({ plan: { arenaBytes }, y, width }: Frame): string[] {
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
  const texts = layers.length === 1 ? [first!] : [`${first} … ${last}: ${count}`, count];
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
const namesHeight = ({ arena: { spans }, x }: Frame): number =>
  spans.reduce((height, span) => {
    const { text, fits } = spanText(span, x(span.end) - x(span.begin));
    return fits ? height : Math.max(height, widthOf(text) * Math.sin((turn * Math.PI) / 180));
  }, 0);

/** Ticks and names of layers below the time in which they run. */
function timeAxis(frame: Frame): string[] {
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

function levels(frame: Frame, lowerBound: number): string[] {
  const { arenaBytes } = frame.plan;
  if (lowerBound === arenaBytes) return level("arena = lower bound", arenaBytes, frame);
  const below = Math.max(frame.y(lowerBound), frame.y(arenaBytes) + fontSize + 3);
  return [...level("arena", arenaBytes, frame), ...level("lower bound", lowerBound, frame, below)];
}

function peakLine({ arena: { peak }, x, width }: Frame): string[] {
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

/** What the colours mean. */
function legendOf({ arena: { layers }, width }: Frame, top: number): string[] {
  const columns = Math.max(1, Math.floor((width + margin.right) / legend.column));
  const entry = (i: number, attributes: Record<string, string>, text: string) => {
    const x = margin.left + (i % columns) * legend.column;
    const y = top + Math.floor(i / columns) * legend.row;
    return [
      element("path", { d: `M${x} ${y}h16v11h-16z`, stroke: "#444", ...attributes }),
      element("text", { x: x + 22, y: y + 10 }, escaped(text)),
    ];
  };
  return [
    ...layers.flatMap((name, i) =>
      entry(i, { fill: colourOf(i) }, shortened(name, nameLetters + 2)),
    ),
    ...entry(layers.length, { fill: "#888", class: "scratch" }, "paler: scratch memory of a layer"),
    element(
      "text",
      { x: margin.left, y: top + Math.floor(layers.length / columns) * legend.row + 34 },
      "A layer's output in the place of its input is shown from when the input is dead.",
    ),
  ];
}

const style = `
text{font:${fontSize}px system-ui,"DejaVu Sans",sans-serif;fill:#222}
text.head{font-size:14px;font-weight:600}
text.peak-text{fill:#b00020}
text.tick{fill:#666;font-size:9px}
.grid{stroke:#ddd;stroke-width:1}
.layer{stroke:#333;stroke-opacity:.55;stroke-width:.5}
.name{paint-order:stroke;stroke:#fff;stroke-opacity:.6;stroke-width:2.5px;pointer-events:none}
.scratch{fill-opacity:.4;stroke-dasharray:3 2}
.level{stroke:#222;stroke-width:1;stroke-dasharray:6 3}
.peak{stroke:#b00020;stroke-width:1.2}
`;

/** The picture: time to the right, the arena's bytes upwards. */
export function memoryMap({ name, target, graph: { plan }, memory }: Program): string {
  const frame = frameOf(plan);
  const legendTop = bottom + 60 + namesHeight(frame);
  const entries = legendOf(frame, legendTop);
  const width = margin.left + frame.width + margin.right;
  const rows = Math.ceil((entries.length / 2) * (legend.column / (frame.width + margin.right)));
  const height = legendTop + (rows + 2) * legend.row;
  const head = `${name} for ${target.name}: arena of ${grouped(plan.arenaBytes)} bytes, ${certificate(plan.arenaBytes, memory)}`;
  const lines = [
    element("title", {}, escaped(head)),
    element("style", {}, style),
    element("rect", { class: "paper", width, height, fill: "#fff" }),
    element("text", { class: "head", x: margin.left, y: 24 }, escaped(head)),
    ...byteAxis(frame),
    ...timeAxis(frame),
    ...rectangles(frame),
    ...names(frame),
    ...levels(frame, memory.lowerBoundBytes),
    ...peakLine(frame),
    ...entries,
  ];
  const attributes = { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}` };
  return `${element("svg", { ...attributes, width, height }, "\n", lines.join("\n"), "\n")}\n`;
}

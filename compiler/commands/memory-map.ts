/** `--emitMemoryMap`: the arena over time, as an SVG picture. */
import type { Program } from "../compile.ts";
import type { Plan } from "../ir/plan.ts";
import { isAlive, labelOf, layerAt, type Piece } from "./arena.ts";
import { certificate } from "./memory.ts";
import { byteAxis, levels, namesHeight, peakLine, timeAxis } from "./memory-axes.ts";
import {
  bottom,
  type Frame,
  fontSize,
  frameOf,
  margin,
  nameLetters,
  widthOf,
} from "./memory-frame.ts";
import { grouped } from "./session.ts";
import { element, escaped, shortened } from "./svg.ts";

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

const entry = { width: 230, height: 18 };

/** What the colours mean. */
function legendOf({ arena: { layers }, width }: Frame, top: number) {
  const columns = Math.floor((width + margin.right) / entry.width);
  const draw = (attributes: Record<string, string>, text: string, i: number) => {
    const x = margin.left + (i % columns) * entry.width;
    const y = top + Math.floor(i / columns) * entry.height;
    const d = `M${x} ${y}h16v11h-16z`;
    return [
      element("path", { d, stroke: "#444", ...attributes }),
      element("text", { x: x + 22, y: y + 10 }, escaped(text)),
    ];
  };
  const scratch = { fill: "#888", class: "scratch" };
  const end = top + Math.ceil((layers.length + 1) / columns) * entry.height;
  const note = "A layer's output in the place of its input is shown from when the input is dead.";
  const lines = [
    ...layers.flatMap((name, i) => draw({ fill: colourOf(i) }, shortened(name, nameLetters), i)),
    ...draw(scratch, "paler: a layer's scratch memory", layers.length),
    element("text", { x: margin.left, y: end + 16 }, escaped(note)),
  ];
  return { lines, end: end + 32 };
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

/** The picture of a program's memory. */
export function memoryMap({ name, target, graph: { plan }, memory }: Program): string {
  const frame = frameOf(plan);
  const legend = legendOf(frame, Math.ceil(bottom + 60 + namesHeight(frame)));
  const [width, height] = [margin.left + frame.width + margin.right, legend.end];
  const size = `arena of ${grouped(plan.arenaBytes)} bytes`;
  const head = `${name} for ${target.name}: ${size}, ${certificate(plan.arenaBytes, memory)}`;
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
    ...legend.lines,
  ];
  const attributes = { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}` };
  return `${element("svg", { ...attributes, width, height }, "\n", lines.join("\n"), "\n")}\n`;
}

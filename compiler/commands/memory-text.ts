/** `--explain memory`: the arena over time, and what is in it at the peak, for a terminal. */
import Table from "cli-table3";
import type { Program } from "../compile.ts";
import { type Arena, arenaOf, isAlive, layerAt, type Piece, timeScale, usageOf } from "./arena.ts";
import { boundText, orderText } from "./memory.ts";
import { grouped } from "./session.ts";

const rows = 24;
const columnsMax = 96;
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const scratchMark = "%";
const freeMark = "·";

/** The tick that a column shows: of those it stands for, the one with most bytes in use. */
function ticksOf({ pieces, spans, ticks }: Arena, columns: number): number[] {
  const x = timeScale(spans, columns, 1);
  const usage = usageOf(pieces, ticks);
  return Array.from({ length: columns }, (_, column) => {
    let shown: number | undefined;
    for (let t = 0; t < ticks; t++) {
      const middle = (x(t) + x(t + 1)) / 2;
      const isOwn = column <= middle && middle < column + 1;
      if (isOwn && (shown === undefined || usage[t]! > usage[shown]!)) shown = t;
    }
    if (shown !== undefined) return shown;
    for (let t = 0; t < ticks; t++) if (x(t + 1) > column + 0.5) return t;
    return ticks - 1;
  });
}

/** What has most of the bytes [from, to) of the arena, unless more are free. */
function markOf(alive: readonly Piece[], from: number, to: number, mark: (p: Piece) => string) {
  const bytes = new Map<string, number>();
  for (const piece of alive) {
    const begin = Math.max(from, piece.buffer.offset + piece.from);
    const end = Math.min(to, piece.buffer.offset + piece.to);
    if (begin < end) bytes.set(mark(piece), (bytes.get(mark(piece)) ?? 0) + end - begin);
  }
  const free = to - from - [...bytes.values()].reduce((a, b) => a + b, 0);
  return [...bytes].reduce((a, b) => (b[1] > a[1] ? b : a), [freeMark, free])[0];
}

/** Letters repeat where there are more layers than letters. */
const letterOf = ({ layers }: Arena, layer: string): string =>
  letters[layers.indexOf(layer) % letters.length]!;

function mapText(arena: Arena, arenaBytes: number, columns: number): string[] {
  const ticks = ticksOf(arena, columns);
  const alive = ticks.map((t) => arena.pieces.filter((p) => isAlive(p, t)));
  const mark = (p: Piece) => (p.isScratch ? scratchMark : letterOf(arena, p.layer));
  const width = grouped(arenaBytes).length;
  const lines = Array.from({ length: rows }, (_, i) => {
    const [from, to] = [rows - 1 - i, rows - i].map((n) => (arenaBytes * n) / rows) as [
      number,
      number,
    ];
    const cells = alive.map((pieces) => markOf(pieces, from, to, mark));
    return `${grouped(Math.floor(from)).padStart(width)} │${cells.join("")}`;
  });
  const peak = ticks.map((t) => (t === arena.peak.tick ? "▲" : " ")).join("");
  const indent = " ".repeat(width + 1);
  return [
    "bytes".padStart(width),
    ...lines,
    `${indent}└${"─".repeat(columns)} time`,
    `${indent} ${peak.trimEnd()} peak`,
  ];
}

/** Without lines between rows: there may be a hundred. */
const chars = { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" };

const tableOf = (head: string[], colAligns: ("left" | "right")[]) =>
  new Table({ head, colAligns, chars, style: { head: [], border: [] } });

/** Of each layer its letter, its most bytes at once, and what runs first and last in its life. */
function legendText(arena: Arena, { graph: { plan } }: Program): string {
  const table = tableOf(
    ["", "layer", "bytes", "scratch", "life"],
    ["left", "left", "right", "right", "left"],
  );
  for (const layer of arena.layers) {
    const own = arena.pieces.filter((p) => p.layer === layer);
    const most = (isScratch: boolean) =>
      usageOf(
        own.filter((p) => p.isScratch === isScratch),
        arena.ticks,
      ).reduce((a, b) => Math.max(a, b), 0);
    const [first, last] = [
      own.reduce((t, p) => Math.min(t, p.life.begin), Infinity),
      own.reduce((t, p) => Math.max(t, p.life.end), 0) - 1,
    ];
    const life = [...new Set([first, last].map((t) => layerAt(plan, t)))].join(" to ");
    table.push([
      letterOf(arena, layer),
      layer.slice(0, 40),
      grouped(most(false)),
      most(true) === 0 ? "-" : grouped(most(true)),
      life.slice(0, 60),
    ]);
  }
  return table.toString();
}

function peakText({ peak }: Arena): string {
  const table = tableOf(
    [`in use at the peak, while ${peak.layer} runs`, "bytes"],
    ["left", "right"],
  );
  for (const { label, bytes } of peak.inUse) table.push([label, grouped(bytes)]);
  table.push(["sum", grouped(peak.bytes)]);
  return table.toString();
}

/** @param terminal width in columns, where it is known. */
export function memoryText(program: Program, terminal = Infinity): string {
  const { plan } = program.graph;
  const arena = arenaOf(plan);
  const around = grouped(plan.arenaBytes).length + 8;
  const columns = Math.max(16, Math.min(columnsMax, terminal - around));
  return [
    ...mapText(arena, plan.arenaBytes, columns),
    `${freeMark} free, ${scratchMark} scratch memory; a column shows its fullest tick.`,
    legendText(arena, program),
    peakText(arena),
    ...plan.pools.map(
      ({ memory, begin, end }) => `${memory}: ${grouped(begin)} to ${grouped(end)}`,
    ),
    boundText(plan.arenaBytes, program.memory),
    `${orderText(program.memory)}.`,
  ].join("\n");
}

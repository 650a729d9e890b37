/** Where things are in the picture of the arena: ticks to the right, bytes upwards. */
import type { Plan } from "../ir/plan.ts";
import { type Arena, arenaOf, timeScale } from "./arena.ts";
import { lettersOf } from "./svg.ts";

// Sizes in pixels.
export const margin = { left: 100, right: 190, top: 64 };
export const plotHeight = 480;
export const bottom = margin.top + plotHeight;
const plotWidthMin = 960;
const spanWidthMin = 18;
/** What a span gets besides, for each tick while all of them get no more than so much. */
const tickWidth = 2;
const ticksWidthMax = 1600;
export const fontSize = 11;
const letterWidth = 7.2;
/** Longest name of a layer, in letters. */
export const nameLetters = 28;

export interface Frame {
  readonly arena: Arena;
  readonly plan: Plan;
  readonly width: number;
  readonly x: (tick: number) => number;
  readonly y: (byte: number) => number;
}

export function frameOf(plan: Plan): Frame {
  const arena = arenaOf(plan);
  const byTicks = Math.min(arena.ticks * tickWidth, ticksWidthMax);
  const width = Math.max(plotWidthMin, arena.spans.length * spanWidthMin + byTicks);
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

/** About how wide a text is. */
export const widthOf = (text: string): number => lettersOf(text) * letterWidth;

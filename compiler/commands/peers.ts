/** Other tools' measured figures, for tables beside ours (`models/peers.json`). */
import { readFileSync } from "node:fs";
import { packagePath } from "../paths.ts";
import type { RunJson } from "./measure.ts";

export interface PeerFigure {
  readonly model: string;
  readonly type: string;
  readonly target: string;
  readonly tool: string;
  readonly instructions?: number;
  readonly cycles?: number;
  readonly arenaBytes?: number;
  readonly codeBytes?: number;
}

interface PeerFile {
  /** How they were measured. */
  readonly what: string;
  readonly rows: readonly PeerFigure[];
}

export const readPeers = (): PeerFile =>
  JSON.parse(readFileSync(packagePath("models", "peers.json"), "utf8")) as PeerFile;

/** `ic`, `ic_int8_qdq` and `ic_fp32` are one network to the peers. */
const networkOf = (model: string): string => model.replace(/_(fp32|int8|qdq|int8_qdq)$/, "");

/** Peers' figures for what a row measured, the fewest instructions first. */
export function peersOf(row: RunJson, peers: PeerFile): PeerFigure[] {
  const type = row.outputs[0]?.type === "float32" ? "float32" : "int8";
  const fits = (p: PeerFigure) =>
    p.model === networkOf(row.model) && p.target === row.target && p.type === type;
  const order = (p: PeerFigure) => p.instructions ?? Infinity;
  return peers.rows.filter(fits).sort((a, b) => order(a) - order(b));
}

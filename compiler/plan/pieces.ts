/** Where values lie: a view in what it shows, an operand of a joined Concat in the result. */
import type { Graph, Value } from "../ir/graph.ts";
import type { RowLayout } from "../kernels/rows.ts";
import { isJoin, isView, joinBegins, shownBy, viewBegin } from "../kernels/views.ts";

/** The value in whose memory another one lies, and the byte at which it begins. */
export interface Home {
  readonly root: Value;
  readonly from: number;
}

/** A value's bytes of a tensor, and its own rows among them. */
export interface Piece {
  readonly tensor: number;
  readonly from: number;
  readonly bytes: number;
  readonly layout: RowLayout;
}

/** The homes of all values. */
export function homesOf({ nodes }: Graph): Map<Value, Home> {
  const joined = new Map<Value, Home>();
  for (const { inputs, outputs } of nodes.filter(isJoin)) {
    const begins = joinBegins(outputs[0]!.node)!;
    for (const [i, v] of inputs.entries())
      joined.set(shownBy(v!), { root: outputs[0]!, from: begins[i]! });
  }
  const homes = new Map<Value, Home>();
  const homeOf = (value: Value): Home => {
    const { node } = value;
    const own = joined.get(value);
    if (own) return within(own.root, own.from);
    return isView(node) && !isJoin(node)
      ? within(node.inputs[0]!, viewBegin(node))
      : { root: value, from: 0 };
  };
  const within = (value: Value, begin: number): Home => {
    const { root, from } = homes.get(value) ?? homeOf(value);
    return { root, from: from + begin };
  };
  for (const node of nodes) for (const value of node.outputs) homes.set(value, homeOf(value));
  return homes;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Units by which the life of a tensor in pieces is followed, at the most. */
const mostUnits = 256;

/** What lives and dies alone of a tensor whose pieces begin at `cuts`: its rows, or equal parts. */
export function unitsOf(own: RowLayout, cuts: readonly number[]): RowLayout {
  const isWhole = cuts.every((from) => from === 0);
  if (isWhole || (own.planes === 1 && own.count > 1)) return own;
  const all = own.count * own.planes * own.bytes;
  const bytes = Math.max(cuts.reduce(gcd, 0), Math.ceil(all / mostUnits));
  return { count: Math.ceil(all / bytes), planes: 1, bytes };
}

export const isWhole = ({ from, bytes }: Piece, of: { readonly bytes: number }): boolean =>
  from === 0 && bytes === of.bytes;

/** Whether a piece's rows are rows of the tensor as well. */
export const isByRows = ({ from, layout }: Piece, { bytes, planes, count }: RowLayout): boolean =>
  layout.bytes === bytes &&
  layout.planes === planes &&
  (planes === 1 ? from % bytes === 0 : from === 0 && layout.count === count);

/** Rows of a tensor that hold rows [begin, end) of a piece of it. */
export function rowsWithin(
  of: RowLayout,
  piece: Piece,
  begin = 0,
  end = piece.layout.count,
): [number, number] {
  const { from, bytes, layout } = piece;
  if (of.bytes === 0) return [0, of.count];
  if (of.planes > 1) return isByRows(piece, of) ? [begin, end] : [0, of.count];
  const [first, last] =
    layout.planes === 1 ? [begin * layout.bytes, end * layout.bytes] : [0, bytes];
  return [Math.floor((from + first) / of.bytes), Math.ceil((from + last) / of.bytes)];
}

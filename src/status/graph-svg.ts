/** A drawn graph as SVG: a lane for each plan, columns by the longest way that leads to a node. */
import type { Drawing } from './graph-drawing.js';
import { columnsOf, fit, printable } from './printable.js';
import { escapeXml } from './timeline.js';

const boxHeight = 28;
const rowGap = 10;
const columnGap = 56;
const letter = 7.2;
const longestLabel = 34;
const laneLabel = 120;
const colours = ['#e8f1fb', '#eaf6ec', '#fdf3e3', '#f4ebf8', '#fbe9e7', '#e6f5f4'];

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** The picture, self-contained; texts of others are escaped. */
export function graphSvg(drawing: Drawing, title: string): string {
  const columns = columnsOfNodes(drawing);
  const widths: number[] = [];
  const labels = drawing.nodes.map(({ label }) => fit(printable(label), longestLabel));
  for (const [index, label] of labels.entries()) {
    const column = columns[index] ?? 0;
    widths[column] = Math.max(widths[column] ?? 0, columnsOf(label) * letter + 20);
  }
  const lefts: number[] = [];
  let x = laneLabel;
  for (const [column, width] of widths.entries()) {
    lefts[column] = x;
    x += (width ?? 0) + columnGap;
  }
  const { boxes, lanes, height } = placeBoxes(drawing, columns, lefts, widths);
  const parts = lanes.map(
    (lane, index) =>
      `<rect x="4" y="${lane.top}" width="${x - 8}" height="${lane.height}" rx="6" fill="${colours[index % colours.length]}"/>` +
      `<text x="14" y="${lane.top + 22}" font-weight="600">${escapeXml(fit(lane.plan, 14))}</text>`,
  );
  for (const [from, to] of drawing.edges) parts.push(edge(boxes[from], boxes[to]));
  for (const [index, box] of boxes.entries()) {
    const node = drawing.nodes[index];
    const round = node?.kind === 'phase' || node?.kind === 'task' ? 5 : boxHeight / 2;
    parts.push(
      `<g><title>${escapeXml(`${node?.id}: ${node?.label}`)}</title><rect x="${box.x}" y="${box.y}" width="${box.width}" height="${boxHeight}" rx="${round}" fill="#fff" stroke="#667"/>` +
        `<text x="${box.x + 10}" y="${box.y + 18}">${escapeXml(labels[index] ?? '')}</text></g>`,
    );
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(x)}" height="${height}" viewBox="0 0 ${Math.ceil(x)} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#556"/></marker></defs>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="8" y="22" font-size="15" font-weight="600">${escapeXml(printable(title))}</text>`,
    ...parts,
    '</svg>',
  ].join('\n');
}

/** The column of each node: one more than the greatest of those before it. Edges that close a circle are passed over. */
function columnsOfNodes(drawing: Drawing): number[] {
  const columns = drawing.nodes.map(() => 0);
  const sorted = [...drawing.edges].sort((a, b) => a[0] - b[0]);
  // Nodes are nearly in topological order; a few rounds settle what contraction turned around, and a circle cannot keep us.
  for (let round = 0; round < 8; round++) {
    let moved = false;
    for (const [from, to] of sorted) {
      const least = (columns[from] ?? 0) + 1;
      if ((columns[to] ?? 0) >= least || least > drawing.nodes.length) continue;
      columns[to] = least;
      moved = true;
    }
    if (!moved) break;
  }
  return columns;
}

function placeBoxes(drawing: Drawing, columns: readonly number[], lefts: readonly number[], widths: readonly number[]): { boxes: Box[]; lanes: { plan: string; top: number; height: number }[]; height: number } {
  const plans = [...new Set(drawing.nodes.map(({ plan }) => plan))];
  const boxes: Box[] = [];
  const lanes: { plan: string; top: number; height: number }[] = [];
  let top = 40;
  for (const plan of plans) {
    const used = new Map<number, number>();
    for (const [index, node] of drawing.nodes.entries()) {
      if (node.plan !== plan) continue;
      const column = columns[index] ?? 0;
      const row = used.get(column) ?? 0;
      used.set(column, row + 1);
      boxes[index] = { x: lefts[column] ?? 0, y: top + 10 + row * (boxHeight + rowGap), width: widths[column] ?? 0 };
    }
    const height = Math.max(...used.values()) * (boxHeight + rowGap) + 10;
    lanes.push({ plan, top, height });
    top += height + 12;
  }
  return { boxes, lanes, height: top + 4 };
}

function edge(from: Box | undefined, to: Box | undefined): string {
  if (from === undefined || to === undefined) return '';
  const [x1, y1, x2, y2] = [from.x + from.width, from.y + boxHeight / 2, to.x, to.y + boxHeight / 2];
  const bend = Math.max(24, (x2 - x1) / 2);
  return `<path d="M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}" fill="none" stroke="#556" marker-end="url(#tip)"/>`;
}

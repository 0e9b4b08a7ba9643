/** Colours, or none: whoever draws gets a painter and does not ask what the terminal can do. */

type Stroke = (text: string) => string;

/** The few colours that mean something. */
export interface Paint {
  readonly bold: Stroke;
  readonly dim: Stroke;
  readonly red: Stroke;
  readonly green: Stroke;
  readonly yellow: Stroke;
  readonly blue: Stroke;
  readonly cyan: Stroke;
}

const same: Stroke = (text) => text;

/** Leaves the text as it is. */
export const plainPaint: Paint = { bold: same, dim: same, red: same, green: same, yellow: same, blue: same, cyan: same };

function stroke(on: number, off: number): Stroke {
  return (text) => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`);
}

/** The sixteen colours that every terminal knows. */
export const ansiPaint: Paint = {
  bold: stroke(1, 22),
  dim: stroke(2, 22),
  red: stroke(31, 39),
  green: stroke(32, 39),
  yellow: stroke(33, 39),
  blue: stroke(34, 39),
  cyan: stroke(36, 39),
};

// Colours for a terminal, or none. No width is ever measured on coloured text: colour comes last.
import type { Environment } from '../runtime/client/kubeconfig-source.ts';

export type Paint = (text: string) => string;

export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly busy: Paint;
  readonly bad: Paint;
}

export const plain: Paint = (text) => text;

export const NO_COLOURS: Palette = { bold: plain, dim: plain, good: plain, busy: plain, bad: plain };

const COLOURS: Palette = { bold: sgr(1, 22), dim: sgr(2, 22), good: sgr(32, 39), busy: sgr(33, 39), bad: sgr(31, 39) };

/** Colours only for a terminal, and never with NO_COLOR (https://no-color.org) or TERM=dumb. */
export function paletteFor(isTerminal: boolean, environment: Environment): Palette {
  const isUnwanted = Boolean(environment['NO_COLOR']) || environment['TERM'] === 'dumb';
  return isTerminal && !isUnwanted ? COLOURS : NO_COLOURS;
}

function sgr(on: number, off: number): Paint {
  return (text) => (text === '' ? '' : `\u001B[${on}m${text}\u001B[${off}m`);
}

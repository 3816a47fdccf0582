// What a command answers: one document for programs, and lines for people made from the same document.
import type { Palette } from './palette.ts';

export interface Look {
  readonly palette: Palette;
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
}

export interface Answer {
  /** What `-o json` prints. Its shape is described in docs/kubectl-plugin.md and only grows. */
  readonly json: object;
  readonly lines: (look: Look) => readonly string[];
}

/** Where lines go while a command is still at work. */
export type Print = (line: string) => void;

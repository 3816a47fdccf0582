// How the demo speaks: headings, prose, and the lines that are shown below them.
import type { Screen } from './screen.ts';
import { wrap } from './wrap.ts';

/** What stands before every line below an act's heading. */
export const INDENT = '     ';

const ACTS = 5;
const MAX_PROSE_WIDTH = 110;

export function heading(screen: Screen, act: number, title: string): void {
  screen.print();
  screen.print(screen.palette.bold(`${act}/${ACTS}  ${title}`));
}

/** What is to be seen, as prose. */
export function explain(screen: Screen, text: string): void {
  for (const line of wrap(text, Math.min(screen.width, MAX_PROSE_WIDTH) - INDENT.length)) say(screen, line);
}

export function say(screen: Screen, line: string): void {
  screen.print(`${INDENT}${line}`);
}

/** The last line of an act. */
export function done(screen: Screen, line: string): void {
  say(screen, screen.palette.good(line));
}

/** `3.2 s`, counted from `startedAt` on the monotonic clock. */
export function since(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}

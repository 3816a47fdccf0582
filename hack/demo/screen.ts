// Where the demo writes: lines that stay, and below them a live block that is drawn again in place.
//
// On a terminal the block is replaced by one write without clearing first, so that nothing flickers. Elsewhere (a pipe, a
// file, CI) nothing moves: of each new block only the lines that were not in the one before are appended.
import type { Palette } from '../../src/plugin/palette.ts';

/** The part of `process.stdout` that is used. */
export interface Output {
  write(text: string): unknown;
  readonly columns?: number;
  readonly rows?: number;
}

export interface Screen {
  readonly palette: Palette;
  /** Whether the live block is drawn in place. */
  readonly isLive: boolean;
  /** Columns that a line may have. */
  readonly width: number;
  /** A line that stays. */
  print(line?: string): void;
  /** Replaces the live block. */
  live(lines: readonly string[]): void;
  /** The live block stays as it is, and what comes next goes below it. */
  settle(): void;
  /** The last word: below whatever there is, and nothing is shown after it. */
  end(line: string): void;
}

const ESC = '\u001B[';
const CLEAR_TO_END_OF_LINE = `${ESC}K`;
const CLEAR_BELOW = `${ESC}J`;
const PIPE_WIDTH = 160;

export function createScreen(output: Output, palette: Palette, isLive: boolean): Screen {
  let block: readonly string[] = [];
  let hasEnded = false;
  const write = (text: string): void => {
    if (!hasEnded) output.write(text);
  };
  const width = (): number => (isLive ? Math.max(20, output.columns ?? 80) : PIPE_WIDTH);
  return {
    palette,
    isLive,
    get width() {
      return width();
    },
    print: (line = '') => {
      if (!isLive) return write(`${line}\n`);
      write(`${home(block)}${line}${CLEAR_TO_END_OF_LINE}\n${drawn(block)}`);
    },
    live: (lines) => {
      if (isLive) {
        const fitting = fit(lines, output.rows ?? 24);
        write(`${home(block)}${drawn(fitting)}`);
        block = fitting;
      } else {
        const news = lines.filter((line) => !block.includes(line));
        if (news.length > 0) write(news.map((line) => `${line}\n`).join(''));
        block = lines;
      }
    },
    settle: () => {
      block = [];
    },
    end: (line) => {
      // The terminal has shown the `^C` that may have caused this.
      write(isLive ? `\r${line}${CLEAR_TO_END_OF_LINE}\n` : `${line}\n`);
      hasEnded = true;
    },
  };
}

/** Back to the first column of the block's first line. */
function home(block: readonly string[]): string {
  return block.length === 0 ? '\r' : `\r${ESC}${block.length}A`;
}

function drawn(block: readonly string[]): string {
  return `${block.map((line) => `${line}${CLEAR_TO_END_OF_LINE}\n`).join('')}${CLEAR_BELOW}`;
}

/** A block taller than the terminal would scroll away from under the cursor. */
function fit(lines: readonly string[], rows: number): readonly string[] {
  const room = Math.max(1, rows - 2);
  return lines.length <= room ? lines : [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} lines more`];
}

import { expect, test } from 'vitest';

import { NO_COLOURS } from '../../src/plugin/palette.ts';
import { createScreen } from './screen.ts';

/** A terminal that knows the few escape codes that the screen uses. */
class Terminal {
  readonly rows: number;
  readonly columns = 40;
  writes = 0;
  #lines = [''];
  #row = 0;
  #column = 0;

  constructor(rows = 24) {
    this.rows = rows;
  }

  get text(): string {
    return this.#lines.join('\n').trimEnd();
  }

  write(text: string): void {
    this.writes += 1;
    // oxlint-disable-next-line no-control-regex
    for (const [, up, code, control, plain = ''] of text.matchAll(/\u001B\[(\d*)([AKJ])|([\r\n])|([^\u001B\r\n]+)/g)) {
      const line = this.#lines[this.#row] ?? '';
      if (code === 'A') this.#row -= Number(up);
      if (code === 'K') this.#lines[this.#row] = line.slice(0, this.#column);
      if (code === 'J') this.#lines.splice(this.#row, Infinity, line.slice(0, this.#column));
      if (control !== undefined) this.#column = 0;
      if (control === '\n') this.#lines[++this.#row] ??= '';
      this.#lines[this.#row] =
        `${(this.#lines[this.#row] ?? '').slice(0, this.#column)}${plain}${(this.#lines[this.#row] ?? '').slice(this.#column + plain.length)}`;
      this.#column += plain.length;
    }
  }
}

test('draws the live block in place, with one write', () => {
  const terminal = new Terminal();
  const screen = createScreen(terminal, NO_COLOURS, true);
  screen.print('title');
  screen.live(['a long line', 'b']);
  const before = terminal.writes;
  screen.live(['a', 'b', 'c']);
  expect(terminal.text).toBe('title\na\nb\nc');
  expect(terminal.writes - before).toBe(1);
});

test('leaves nothing of a taller block behind', () => {
  const terminal = new Terminal();
  const screen = createScreen(terminal, NO_COLOURS, true);
  screen.live(['a', 'b', 'c']);
  screen.live(['d']);
  expect(terminal.text).toBe('d');
});

test('puts a line that stays above the live block', () => {
  const terminal = new Terminal();
  const screen = createScreen(terminal, NO_COLOURS, true);
  screen.live(['a', 'b']);
  screen.print('x');
  screen.live(['c', 'd']);
  expect(terminal.text).toBe('x\nc\nd');
});

test('goes on below a block that is settled', () => {
  const terminal = new Terminal();
  const screen = createScreen(terminal, NO_COLOURS, true);
  screen.live(['a']);
  screen.settle();
  screen.print('x');
  expect(terminal.text).toBe('a\nx');
});

test('shows nothing after its end', () => {
  const terminal = new Terminal();
  const screen = createScreen(terminal, NO_COLOURS, true);
  screen.live(['a']);
  screen.end('the end');
  screen.live(['b']);
  screen.print('c');
  expect(terminal.text).toBe('a\nthe end');
});

test('shows no more lines than the terminal has rows, and says how many are missing', () => {
  const terminal = new Terminal(5);
  createScreen(terminal, NO_COLOURS, true).live(['a', 'b', 'c', 'd', 'e']);
  expect(terminal.text).toBe('a\nb\n… and 3 lines more');
});

test('appends only the lines that are new where nothing can be drawn in place', () => {
  const terminal = new Terminal();
  const screen = createScreen(terminal, NO_COLOURS, false);
  screen.live(['head', 'a 1', 'b 1']);
  screen.live(['head', 'a 2', 'b 1']);
  const before = terminal.writes;
  screen.live(['head', 'a 2', 'b 1']);
  expect(terminal.text).toBe('head\na 1\nb 1\na 2');
  expect(terminal.writes).toBe(before);
});

test('writes no escape code where nothing can be drawn in place', () => {
  const written: string[] = [];
  const screen = createScreen({ write: (text) => written.push(text) }, NO_COLOURS, false);
  screen.print('x');
  screen.live(['a']);
  screen.settle();
  expect(written.join('')).toBe('x\na\n');
});

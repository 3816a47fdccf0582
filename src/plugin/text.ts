// Text for terminals: ages as kubectl writes them, and tables. Colour comes after the widths were measured. Pure.
import type { Paint } from './palette.ts';

/** The time between two moments, as `kubectl get` shows an age: `45s`, `5m30s`, `3h`, `2d4h`. Negative counts as 0. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const years = Math.floor(days / 365);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return both(minutes, 'm', seconds % 60, 's');
  if (hours < 3) return `${minutes}m`;
  if (hours < 8) return both(hours, 'h', minutes % 60, 'm');
  if (days < 2) return `${hours}h`;
  if (days < 8) return both(days, 'd', hours % 24, 'h');
  if (years < 2) return `${days}d`;
  return years < 8 ? both(years, 'y', days % 365, 'd') : `${years}y`;
}

/** How long ago a timestamp was; `?` for one that is none. */
export function age(timestamp: string | undefined, now: number): string {
  const since = Date.parse(timestamp ?? '');
  return Number.isNaN(since) ? '?' : duration(now - since);
}

export interface Cell {
  readonly text: string;
  readonly paint: Paint;
}

/** Rows in columns as wide as their widest cell, three blanks apart; the first row is the header. */
export function table(rows: readonly (readonly (string | Cell)[])[], gap = 3): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, textOf(cell).length);
    }
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const isLast = column === row.length - 1;
        const blanks = isLast ? '' : ' '.repeat((widths[column] ?? 0) - textOf(cell).length + gap);
        return `${typeof cell === 'string' ? cell : cell.paint(cell.text)}${blanks}`;
      })
      .join('')
      .trimEnd(),
  );
}

function textOf(cell: string | Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

/** `1 member`, `2 members`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function both(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${unit}` : `${large}${unit}${small}${smallUnit}`;
}

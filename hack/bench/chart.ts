// A bar for each ratio to the baseline, and a line where both are equal. SVG that reads on a light and a dark page.
import type { Measured } from './targets.ts';

const LEFT = 320;
const WIDTH = 860;
const ROW = 26;
const TOP = 34;
/** Ratios beyond it end at the edge, with their figure. */
const MOST = 3;

export function renderChart(title: string, figures: readonly Measured[]): string {
  const height = TOP + figures.length * ROW + 16;
  const scale = (value: number): number => (Math.min(value, MOST) / MOST) * (WIDTH - LEFT - 70);
  const equal = LEFT + scale(1);
  const rows = figures.map(({ figure, median, atMost, isMet }, index) => {
    const y = TOP + index * ROW;
    const width = Math.max(1, scale(median)).toFixed(1);
    return [
      `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end">${escape(figure)}</text>`,
      `<rect x="${LEFT}" y="${y + 3}" width="${width}" height="${ROW - 9}" fill="${isMet ? '#2da44e' : '#d4761c'}"/>`,
      `<line x1="${LEFT + scale(atMost)}" x2="${LEFT + scale(atMost)}" y1="${y + 1}" y2="${y + ROW - 4}" stroke="#888"/>`,
      `<text x="${LEFT + scale(median) + 6}" y="${y + 15}">${median.toFixed(2)}</text>`,
    ].join('\n  ');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#888">
  <title>${escape(title)}</title>
  <text x="${LEFT}" y="16" font-weight="bold">${escape(title)}</text>
  <line x1="${equal}" x2="${equal}" y1="${TOP - 10}" y2="${height - 8}" stroke="#888" stroke-dasharray="4 3"/>
  ${rows.join('\n  ')}
</svg>
`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

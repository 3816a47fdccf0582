// The chain as text: a mark and a line for each link, then what to do. Pure.
import type { Look } from '../output.ts';
import { plain, type Paint, type Palette } from '../palette.ts';
import { table } from '../text.ts';
import type { Explanation } from './chain.ts';
import type { LinkState } from './facts.ts';

const MARKS: Readonly<Record<LinkState, string>> = { Clear: '✓', Waiting: '…', Blocked: '✗', Unreadable: '?' };

export function chainLines({ summary, verdict, links, next }: Explanation, { palette }: Look): readonly string[] {
  const rows = links.map(({ kind, name, state, says }) => {
    const text = name === '' ? says : `${name}: ${says}`;
    return [
      { text: MARKS[state], paint: paintOf(state, palette) },
      kind,
      { text, paint: state === 'Blocked' ? palette.bad : plain },
    ];
  });
  const steps = next === undefined ? [] : ['', `${next.says}:`, ...next.commands.map((command) => `  ${command}`)];
  return [
    palette.bold(summary),
    '',
    ...table(rows, 2),
    ...steps,
    ...(verdict === 'Waiting' && next === undefined ? ['', 'It goes on by itself.'] : []),
  ];
}

function paintOf(state: LinkState, { good, busy, bad }: Palette): Paint {
  return { Clear: good, Waiting: busy, Blocked: bad, Unreadable: busy }[state];
}

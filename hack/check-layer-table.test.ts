import { expect, test } from 'vitest';

import { isSameTable } from './check-layer-table.ts';
import { layerTable } from './lint/layers.ts';

const table = '| layer | packages |\n|---|---|\n| api | zod |';

test.for([
  ['the same table among other text', `# Title\n\n${table}\n\nMore.`, true],
  ['the same table at the end', `# Title\n\n${table}`, true],
  ['the same table, aligned', '| layer | packages |\n| ----- | -------- |\n| api   | zod      |\n', true],
  ['another package', table.replace('zod', 'pino'), false],
  ['a row more', `${table}\n| domain | – |`, false],
  ['a row less', table.split('\n').slice(0, 2).join('\n'), false],
  ['no table', '# Title', false],
] as const)('%s: %s', ([, markdown, isSame]) => {
  expect(isSameTable(markdown, table)).toBe(isSame);
});

test('the table that the rule prints is recognised', () => {
  expect(isSameTable(layerTable(), layerTable())).toBe(true);
  expect(isSameTable('', layerTable())).toBe(false);
});

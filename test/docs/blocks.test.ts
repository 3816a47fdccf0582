import { expect, test } from 'vitest';

import { blocksOf, commandsOf } from './blocks.ts';

const page = (...lines: readonly string[]): string => lines.join('\n');

test('commands and manifests are found with their lines, output is left out', () => {
  const text = page(
    '# Title',
    '```sh',
    'kubectl get nd',
    '```',
    '```',
    'NAME',
    '```',
    '```yaml',
    'spec:',
    '  a: 1',
    '```',
  );
  expect(blocksOf(text)).toEqual([
    { line: 2, language: 'sh', text: 'kubectl get nd' },
    { line: 8, language: 'yaml', text: 'spec:\n  a: 1' },
  ]);
});

test('a comment above the fence names the file, or says why nothing is run', () => {
  const text = page(
    '<!-- file: a.yaml -->',
    '',
    '```yaml',
    '```',
    '<!-- not run: it needs a person -->',
    '```sh',
    '```',
  );
  expect(blocksOf(text)).toMatchObject([{ file: 'a.yaml' }, { notRun: 'it needs a person' }]);
});

test('of a session only what is typed is a command', () => {
  const [block] = blocksOf(page('```console', '$ a --b', 'printed', '$ c', '```'));
  expect(block && commandsOf(block)).toBe('a --b\nc');
});

test.for<[string, string, string]>([
  ['an unknown language', page('```bash', 'x', '```'), 'line 1: a block of language bash'],
  ['no reason', page('<!-- not run: no -->', '```sh', 'x', '```'), 'line 2: "not run" without a reason'],
  ['no end', page('text', '```sh', 'x'), 'line 2: the block has no end'],
])('a mistake in the page is an error: %s', ([, text, message]) => {
  expect(() => blocksOf(text)).toThrow(message);
});

// The image and `make run` start the operator as everything here does that measures it.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, test } from 'vitest';

import { OPERATOR_ENVIRONMENT, OPERATOR_FLAGS } from './operator-command.ts';

const read = (file: string): string => readFileSync(join(resolve(import.meta.dirname, '..'), file), 'utf8');

test('the image has the same environment and the same flags of Node.js', () => {
  const dockerfile = read('Dockerfile');
  expect(dockerfile).toContain(
    `ENTRYPOINT ${JSON.stringify(['node', ...OPERATOR_FLAGS, 'dist/main.js']).replaceAll(',', ', ')}`,
  );
  expect(/^ENV (.*)$/m.exec(dockerfile)?.[1]?.split(' ')).toEqual(expect.arrayContaining([...OPERATOR_ENVIRONMENT]));
});

test('so has `make run` on a cluster of its user', () => {
  const command = ['exec env', ...OPERATOR_ENVIRONMENT, 'node', ...OPERATOR_FLAGS, '$(BUILT)'].join(' ');
  expect(read('Makefile')).toContain(command);
});

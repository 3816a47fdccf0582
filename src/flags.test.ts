import { describe, expect, test } from 'vitest';

import { helpText, readFlags, UsageError, type FlagTexts } from './flags.ts';

const texts: FlagTexts = {
  leaderElect: {
    value: 'true|false',
    description: 'whether to lead',
    allowed: 'true or false',
    default: 'true',
    isSwitch: true,
  },
  leaseTime: { value: 'TIME', description: 'how long', allowed: 'a duration', byDefault: 'as long as it takes' },
};

describe('a switch', () => {
  test.for([
    ['--leader-elect', 'true'],
    ['--leader-elect=true', 'true'],
    ['--leader-elect=false', 'false'],
    ['--leader-elect=', ''],
    ['--leader-elect --leader-elect=false', 'false'],
    ['--leader-elect=false --leader-elect', 'true'],
  ] as const)('%s is %j', ([line, value]) => {
    expect(readFlags(line.split(' '), texts)).toEqual(new Map([['leader-elect', value]]));
  });

  test('does not take the next word for its value, and says so', () => {
    expect(() => readFlags(['--leader-elect', 'false'], texts)).toThrow(
      new UsageError('unexpected argument "false"; the value of a switch follows a "=": --leader-elect=true|false'),
    );
  });

  test('may stand before another flag', () => {
    const flags = readFlags(['--leader-elect', '--lease-time', '5s'], texts);
    expect([...flags]).toEqual([
      ['leader-elect', 'true'],
      ['lease-time', '5s'],
    ]);
  });
});

test('the help shows a switch with its values in brackets', () => {
  const lines = helpText(texts).split('\n');
  expect(lines.slice(4, 10)).toEqual([
    '  --leader-elect[=true|false]',
    '        whether to lead',
    '        (true or false; default true)',
    '  --lease-time TIME',
    '        how long',
    '        (a duration; default as long as it takes)',
  ]);
});

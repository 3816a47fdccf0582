import { describe, expect, test } from 'vitest';

import { createLogger, type Logger, type LoggerOptions } from './log.ts';
import { FakeClock } from './testing/fake-clock.ts';

function makeLog(options: LoggerOptions & { readonly isTTY?: boolean } = {}) {
  let text = '';
  const destination = { write: (more: string) => (text += more), isTTY: options.isTTY ?? false };
  const log = createLogger({ destination, clock: new FakeClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678)), ...options });
  return { log, text: () => text, lines: () => text.split('\n').slice(0, -1) };
}

describe('createLogger, as JSON,', () => {
  test('writes one line with the level, the time, the fields and the message', () => {
    const { log, lines } = makeLog({ fields: { app: 'nodefleet' } });
    log.child({ controller: 'fleet', key: 'ns/a' }).info({ step: 'execute' }, 'applied');
    expect(lines()).toEqual([
      '{"level":"info","time":"2026-01-02T03:04:05.678Z","app":"nodefleet","controller":"fleet","key":"ns/a",' +
        '"step":"execute","msg":"applied"}',
    ]);
  });

  test('writes an error with its causes in one line', () => {
    const { log, lines } = makeLog();
    log.error({ err: new Error('execute: apply', { cause: new Error('403 Forbidden') }) }, 'failed');
    expect(lines()).toHaveLength(1);
    expect(JSON.parse(lines()[0] ?? '')).toMatchObject({
      err: { type: 'Error', message: 'execute: apply: 403 Forbidden', stack: expect.stringContaining('caused by') },
    });
  });

  test('drops the lines below its level, info unless told', () => {
    const atInfo = makeLog();
    atInfo.log.debug({}, 'no');
    atInfo.log.info({}, 'yes');
    expect(atInfo.lines()).toHaveLength(1);
    const atError = makeLog({ level: 'error' });
    atError.log.child({}).warn({}, 'no');
    atError.log.child({}).error({}, 'yes');
    expect(atError.lines()).toHaveLength(1);
  });
});

describe('createLogger, as pretty text,', () => {
  test('puts the key before the message', () => {
    const { log, lines } = makeLog({ format: 'pretty' });
    log.info({ key: 'ns/a', step: 'execute' }, 'applied');
    log.info({}, 'started');
    expect(lines().map((line) => line.replace(/^\[\d\d:\d\d:05\.678\] /, ''))).toEqual([
      'INFO: ns/a: applied {"step":"execute"}',
      'INFO: started',
    ]);
  });

  test('uses colours at a terminal only', () => {
    const [plain, coloured] = [makeLog({ format: 'pretty' }), makeLog({ format: 'pretty', isTTY: true })];
    plain.log.info({}, 'started');
    coloured.log.info({}, 'started');
    expect(plain.text()).not.toContain('\u001B[');
    expect(coloured.text()).toContain('\u001B[');
  });
});

test.for([
  ['auto', false, true],
  ['auto', true, false],
  ['json', true, true],
  ['pretty', false, false],
] as const)('format %s with a terminal: %s is JSON: %s', ([format, isTTY, isJson]) => {
  const { log, text } = makeLog({ format, isTTY });
  log.info({}, 'started');
  expect(text().startsWith('{')).toBe(isJson);
});

describe('createLogger masks', () => {
  const secret = 'c3VwZXItc2VjcmV0';
  const webToken = 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrOHMifQ.c2ln-bmF0_dXJl';

  test.for<[name: string, write: (log: Logger) => void]>([
    ['a field named authorization', (log) => log.info({ authorization: secret }, 'sent')],
    [
      'a header of any case and depth',
      (log) => log.info({ a: [{ b: { c: { d: { Authorization: secret } } } }] }, 'sent'),
    ],
    ['a field whose name ends in token', (log) => log.info({ accessToken: secret, id_token: secret }, 'sent')],
    ['a field of a child logger', (log) => log.child({ token: secret }).info({}, 'sent')],
    ['a property of an error', (log) => log.error({ err: Object.assign(new Error('x'), { token: secret }) }, 'failed')],
    [
      'a field of JSON that is quoted',
      (log) => log.info({ body: JSON.stringify({ status: { token: secret } }) }, 'got'),
    ],
    [
      'a field of JSON that is quoted twice',
      (log) => log.info({ body: JSON.stringify({ body: JSON.stringify({ token: secret }, undefined, 1) }) }, 'got'),
    ],
    ['a bearer token in an error message', (log) => log.error({ err: new Error(`sent Bearer ${secret}==`) }, 'failed')],
    ['a bearer token in a list', (log) => log.info({ headers: ['authorization', `bearer ${secret}`] }, 'sent')],
    ['a JSON web token anywhere', (log) => log.info({}, `kubelet said ${webToken}, twice ${webToken}`)],
  ])('%s', ([, write]) => {
    for (const format of ['json', 'pretty'] as const) {
      const { log, text } = makeLog({ format });
      write(log);
      expect(text()).toContain('[masked]');
      expect(text()).not.toContain(secret);
      expect(text()).not.toContain(webToken.slice(-8));
    }
  });

  test('nothing else, and leaves the line valid JSON', () => {
    const { log, lines } = makeLog();
    log.info({ key: 'ns/token', reason: 'BearerOfNews', tokens: 3, token: 'a"b', next: 'kept' }, 'a token: none');
    expect(JSON.parse(lines()[0] ?? '')).toMatchObject({
      key: 'ns/token',
      reason: 'BearerOfNews',
      tokens: 3,
      next: 'kept',
      msg: 'a token: none',
    });
  });
});

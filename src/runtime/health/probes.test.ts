import { describe, expect, test } from 'vitest';

import { answerProbe, type HealthCheck, type Probes } from './probes.ts';

const good: HealthCheck = { name: 'ping', problem: () => undefined };
const bad: HealthCheck = { name: 'cache-pods', problem: () => 'not read yet' };
const probes: Probes = { healthz: [good], readyz: [good, bad] };

describe('a probe', () => {
  test.for<[path: string, status: number, body: string]>([
    ['/healthz', 200, 'ok'],
    ['/healthz?verbose', 200, '[+]ping ok\nhealthz check passed\n'],
    ['/readyz', 500, '[+]ping ok\n[-]cache-pods failed: not read yet\nreadyz check failed\n'],
    ['/readyz?verbose', 500, '[+]ping ok\n[-]cache-pods failed: not read yet\nreadyz check failed\n'],
    ['/readyz?exclude=cache-pods', 200, 'ok'],
    ['/readyz?exclude=cache-pods&verbose', 200, '[+]ping ok\nreadyz check passed\n'],
    ['/readyz?exclude=ping', 500, '[-]cache-pods failed: not read yet\nreadyz check failed\n'],
    ['/readyz/ping', 200, 'ok'],
    ['/readyz/cache-pods', 500, '[-]cache-pods failed: not read yet\nreadyz check failed\n'],
  ])('%s answers %i', ([path, status, body]) => {
    expect(answerProbe(probes, new URL(path, 'http://x'))).toEqual({ status, body });
  });

  test.for(['/', '/livez', '/toString', '/readyz/cache-nodes', '/readyz/ping/more', '/readyz/'])(
    'is not at %s',
    (path) => {
      expect(answerProbe(probes, new URL(path, 'http://x'))).toBeUndefined();
    },
  );
});

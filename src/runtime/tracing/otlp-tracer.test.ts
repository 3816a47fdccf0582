// That spans arrive, nested, at a collector: test/envtest/observability.test.ts.
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { RecordingLogger } from '../testing/recording-log.ts';
import { createOtlpTracer } from './otlp-tracer.ts';

/** A tracer whose collector does not answer: nobody listens on port 1. */
function makeTracer(endpoint = 'http://127.0.0.1:1') {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint);
  // Milliseconds; it repeats what is refused for as long.
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '500');
  onTestFinished(() => void vi.unstubAllEnvs());
  const log = new RecordingLogger();
  const otlp = createOtlpTracer({ service: 'test', version: '1', instance: 'a', environment: process.env, log });
  return { ...otlp, log };
}

describe('a span', () => {
  test('is its work: a value, a promise, a throw and a rejection pass through', async () => {
    const { tracer } = makeTracer();
    const failure = new Error('x');
    expect(tracer.span('a', {}, () => 1)).toBe(1);
    await expect(tracer.span('a', {}, () => Promise.resolve(2))).resolves.toBe(2);
    await expect(tracer.span('a', {}, () => Promise.reject(failure))).rejects.toBe(failure);
    const thrower = (): never => {
      throw failure;
    };
    expect(() => tracer.span('a', {}, thrower)).toThrow(failure);
  });
});

test('a collector that does not answer costs one warning, and holds up the end for 3 s at most', async () => {
  const { tracer, close, log } = makeTracer();
  for (let count = 0; count < 3; count += 1) tracer.span('a', {}, () => {});
  const startedAt = performance.now();
  await close();
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  await vi.waitFor(() => expect(log.at('warn')).toHaveLength(1), { timeout: 20_000 });
  expect(log.at('warn')).toMatchObject([{ fields: { step: 'trace' } }]);
}, 30_000);

test('an endpoint that is no URL is told of, and stops nothing', async () => {
  const { tracer, log } = makeTracer('not a url');
  expect(tracer.span('a', {}, () => 1)).toBe(1);
  expect(log.at('warn')).toHaveLength(1);
});

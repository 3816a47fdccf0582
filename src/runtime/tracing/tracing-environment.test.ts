import { expect, test } from 'vitest';

import { isTracingAsked } from './tracing-environment.ts';

const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318';

test.for<[isAsked: boolean, environment: Readonly<Record<string, string>>]>([
  [false, {}],
  [true, { OTEL_EXPORTER_OTLP_ENDPOINT }],
  [true, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }],
  [false, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
  [false, { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
  [true, { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: 'otlp' }],
  [false, { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'True' }],
  [true, { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'false' }],
])('%s for %j', ([isAsked, environment]) => {
  expect(isTracingAsked(environment)).toBe(isAsked);
});

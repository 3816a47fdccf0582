// Spans for OpenTelemetry, sent by OTLP over HTTP. Loaded only where the environment asks for it: program.ts imports it
// when `isTracingAsked`. The standard variables say where to, with what and how much: OTEL_EXPORTER_OTLP_…,
// OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG.
//
// Guarantees: a collector that does not answer costs spans and a warning, never a reconcile; `close` sends what is left
// and takes 3 s at most.
import { AsyncLocalStorage } from 'node:async_hooks';

import * as otel from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace';

import { resolvesWithin, systemClock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Environment } from './tracing-environment.ts';
import type { Span, SpanAttributes, Tracer } from './tracer.ts';

export interface OtlpTracer {
  readonly tracer: Tracer;
  close(): Promise<void>;
}

export interface OtlpTracerOptions {
  /** `service.name` unless OTEL_SERVICE_NAME says otherwise. */
  readonly service: string;
  readonly version: string;
  /** Tells replicas apart. */
  readonly instance: string;
  readonly environment: Environment;
  readonly log: Logger;
}

const CLOSE_TIMEOUT_MS = 3_000;

export function createOtlpTracer(options: OtlpTracerOptions): OtlpTracer {
  const { service, version, instance, environment, log } = options;
  reportProblems(log);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.version': version,
      'service.instance.id': instance,
    }).merge(detectResources({ detectors: [envDetector] })),
    sampler: new ParentBasedSampler({ root: samplerOf(environment) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  return {
    tracer: tracerOver(provider.getTracer(service, version)),
    close: async () => {
      await resolvesWithin(
        systemClock,
        CLOSE_TIMEOUT_MS,
        provider.shutdown().catch(() => {}),
      );
    },
  };
}

/** As OpenTelemetry's specification says; our traces have no parent elsewhere, so `parentbased_` changes nothing. */
function samplerOf(environment: Environment): Sampler {
  const name = environment['OTEL_TRACES_SAMPLER']?.replace('parentbased_', '');
  if (name === 'always_off') return new AlwaysOffSampler();
  if (name === 'traceidratio')
    return new TraceIdRatioBasedSampler(Number(environment['OTEL_TRACES_SAMPLER_ARG'] || '1'));
  return new AlwaysOnSampler();
}

/** The first problem is a warning, what follows is for the debug log: a collector may be away for hours. */
function reportProblems(log: Logger): void {
  let hasWarned = false;
  const report = (text: string): void => {
    const level = hasWarned ? 'debug' : 'warn';
    hasWarned = true;
    log[level](
      { step: 'trace', problem: text },
      'traces may be lost; see the OTEL_EXPORTER_OTLP_… variables and the collector',
    );
  };
  const nothing = (): void => {};
  otel.diag.setLogger(
    { error: report, warn: report, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: otel.DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

function tracerOver(tracer: otel.Tracer): Tracer {
  /** The span that runs now, followed through everything that is awaited. */
  const active = new AsyncLocalStorage<otel.Span>();
  const below = <R>(parent: otel.Span | undefined, name: string, attributes: SpanAttributes, work: Work<R>): R => {
    const context = parent === undefined ? otel.ROOT_CONTEXT : otel.trace.setSpan(otel.ROOT_CONTEXT, parent);
    const span = tracer.startSpan(name, { attributes }, context);
    return active.run(span, () => runIn(span, work));
  };
  return {
    trace: (name, attributes, work) => below(undefined, name, attributes, work),
    span: (name, attributes, work) => below(active.getStore(), name, attributes, work),
  };
}

type Work<R> = (span: Span) => R;

function runIn<R>(span: otel.Span, work: Work<R>): R {
  const fail = (error: unknown): void => {
    const message = error instanceof Error ? error.message : String(error);
    span.setStatus({ code: otel.SpanStatusCode.ERROR, message });
  };
  try {
    const result = work({ annotate: (attributes) => void span.setAttributes(attributes), fail });
    if (!(result instanceof Promise)) {
      span.end();
      return result;
    }
    void result.catch(fail).finally(() => span.end());
    return result;
  } catch (error) {
    fail(error);
    span.end();
    throw error;
  }
}

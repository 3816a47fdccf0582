// Where time goes: spans around the steps of a reconcile. Nothing here knows OpenTelemetry (otlp-tracer.ts does), and
// without it a span is the work itself.

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface Span {
  annotate(attributes: SpanAttributes): void;
  /** What failed, where the work does not reject. */
  fail(error: unknown): void;
}

export interface Tracer {
  /** A span that begins a trace. What set the work going may be another's (a timer, a key that was given back); it is not below that. */
  trace<R>(name: string, attributes: SpanAttributes, work: (span: Span) => R): R;
  /** Runs the work, in a span of its own below the one that it was called in. What the work throws marks it as failed. */
  span<R>(name: string, attributes: SpanAttributes, work: (span: Span) => R): R;
}

const NO_SPAN: Span = { annotate: () => {}, fail: () => {} };

/** Costs a call. */
export const NO_TRACER: Tracer = {
  trace: (_name, _attributes, work) => work(NO_SPAN),
  span: (_name, _attributes, work) => work(NO_SPAN),
};

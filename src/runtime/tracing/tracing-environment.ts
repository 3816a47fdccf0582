// Whether somebody asks for traces, by OpenTelemetry's standard variables.

export type Environment = Readonly<Record<string, string | undefined>>;

/** An endpoint is set, and nothing says no. As everywhere in OpenTelemetry an empty variable counts as unset. */
export function isTracingAsked(environment: Environment): boolean {
  const endpoint = environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || environment['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (!endpoint || environment['OTEL_TRACES_EXPORTER'] === 'none') return false;
  return environment['OTEL_SDK_DISABLED']?.toLowerCase() !== 'true';
}

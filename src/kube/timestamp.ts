// Times as the API writes them.

/** RFC 3339 in UTC with whole seconds, as metav1.Time. `ms` is milliseconds since the epoch. */
export function timestampOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 in UTC with microseconds, as metav1.MicroTime. `us` is whole microseconds since the epoch. */
export function microTimestampOf(us: number): string {
  const fraction = String(us % 1_000_000).padStart(6, '0');
  return `${new Date(Math.floor(us / 1000)).toISOString().slice(0, 19)}.${fraction}Z`;
}

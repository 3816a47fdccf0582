// Times as the API writes them.

/** RFC 3339 in UTC with whole seconds, as metav1.Time. `ms` is milliseconds since the epoch. */
export function timestampOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

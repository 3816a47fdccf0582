// Order of resource versions: integers of any length, comparable within one resource type (Kubernetes 1.35 and later).

/** Less than 0 when `left` is older, 0 when both are the same version, more than 0 when `left` is newer. */
export function compareVersions(left: string, right: string): number {
  if (left === right) return 0;
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : 1;
}

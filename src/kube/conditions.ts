// Conditions as the Kubernetes API conventions define them: lastTransitionTime moves only with the status.

export interface ConditionValue {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number | undefined;
}

export interface TimedCondition extends ConditionValue {
  readonly lastTransitionTime: string;
}

/**
 * Merges `values` into `previous` (as apimachinery v0.36 meta.SetStatusCondition): per type the new value wins, the time
 * stays while the status does, and conditions of types that are not in `values` (someone else's) are kept.
 */
export function mergeConditions(
  previous: readonly TimedCondition[],
  values: readonly ConditionValue[],
  now: string,
): readonly TimedCondition[] {
  const foreign = previous.filter((old) => !values.some((value) => value.type === old.type));
  const own = values.map((value) => {
    const old = previous.find((condition) => condition.type === value.type);
    return { ...value, lastTransitionTime: old?.status === value.status ? old.lastTransitionTime : now };
  });
  return [...own, ...foreign];
}

// The rights of src/rights.ts as rules of roles: grouped as a person would write them, in an order that never changes.
import type { Right } from '../../src/rights.ts';

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** `statefulsets`, `nodedeployments/status`. */
export function resourceOf({ kind, subresource }: Right): string {
  return subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`;
}

/** One rule for all resources of a group that are granted the same. */
export function rulesOf(rights: readonly Right[]): readonly Rule[] {
  const granted = Map.groupBy(rights, ({ kind, verbs, name }) => JSON.stringify([kind.group, verbs, name]));
  return [...granted.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const { kind, verbs, name } = first;
    const names = name === undefined ? {} : { resourceNames: [name] };
    return [{ apiGroups: [kind.group], resources: same.map(resourceOf), ...names, verbs }];
  });
}

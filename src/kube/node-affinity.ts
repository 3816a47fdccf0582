// Which machines a volume can be used on, as kube-scheduler v1.36 reads `nodeAffinity.required` of a PersistentVolume.
import type { Machine, Volume } from './kinds.ts';

type Terms = NonNullable<
  NonNullable<NonNullable<NonNullable<Volume['spec']>['nodeAffinity']>['required']>['nodeSelectorTerms']
>;
type Term = Terms[number];
type Requirement = NonNullable<Term['matchExpressions']>[number];

/** Whether the volume can be used on the machine. A volume without affinity can be used on any. */
export function admitsMachine(volume: Volume, { metadata }: Machine): boolean {
  const terms = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms;
  if (terms === undefined) return true;
  const labels = metadata?.labels ?? {};
  const fields = { 'metadata.name': metadata?.name ?? '' };
  return terms.some(
    ({ matchExpressions = [], matchFields = [] }) =>
      // A term that requires nothing matches nothing.
      matchExpressions.length + matchFields.length > 0 &&
      matchExpressions.every((requirement) => matches(requirement, labels)) &&
      matchFields.every((requirement) => matches(requirement, fields)),
  );
}

function matches({ key, operator, values = [] }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return Number(value) > Number(values[0]);
    case 'Lt':
      return Number(value) < Number(values[0]);
    default:
      return false;
  }
}

/** What the volume asks of a machine, for people: `topology.kubernetes.io/zone in (zone-a)`. */
export function describeAffinity(volume: Volume): string {
  const terms = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return terms
    .map((term) => [...(term.matchExpressions ?? []), ...(term.matchFields ?? [])].map(describe))
    .map((all) => all.join(' and '))
    .join(', or ');
}

function describe({ key, operator, values = [] }: Requirement): string {
  return values.length === 0 ? `${key} ${operator}` : `${key} ${operator.toLowerCase()} (${values.join(', ')})`;
}

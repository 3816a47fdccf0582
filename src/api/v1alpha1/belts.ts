// The rules of the CRD that safety rests on, once more in the operator itself: an older CRD, or one whose rules somebody
// has pruned, lets pass what would run two pods on one volume, or never come to an end. The words are those of rules.ts.
import type { z } from 'zod';

import { parseBytes } from '../../kube/quantity.ts';
import { DATA_VOLUME, GROUP } from './names.ts';
import { describeValue, valueAt } from './problems.ts';
import { MAX_NAME_LENGTH, RULES } from './rules.ts';
import type { specSchema } from './spec.ts';

interface Fleet {
  readonly metadata: { readonly name: string };
  readonly spec: z.infer<typeof specSchema>;
}

const isZero = (value: number | string): boolean => ['0', '0%'].includes(String(value));
const isReserved = (key: string): boolean => key.startsWith(`${GROUP}/`);
const isShared = ({ spec: { storage } }: Fleet): boolean =>
  storage === undefined || storage.accessMode === 'ReadWriteMany';

/** By the id of the rule in the CRD: whether the fleet keeps it. */
const BELTS: Readonly<Record<string, (fleet: Fleet) => boolean>> = {
  'name-fits': ({ metadata }) => metadata.name.length <= MAX_NAME_LENGTH,
  'template-labels-are-free': ({ spec }) => !Object.keys(spec.template.metadata?.labels ?? {}).some(isReserved),
  'data-volume-is-reserved': ({ spec }) => !spec.template.spec?.volumes?.some(({ name }) => name === DATA_VOLUME),
  'size-is-a-quantity': ({ spec: { storage } }) => storage === undefined || parseBytes(storage.size) !== undefined,
  'surge-needs-shared-storage': (fleet) => fleet.spec.rollout.strategy !== 'RollingUpdate' || isShared(fleet),
  'recreate-needs-unavailability': (fleet) => {
    const { strategy, maxUnavailable } = fleet.spec.rollout;
    const isRecreate = strategy === 'Recreate' || (strategy === 'Auto' && !isShared(fleet));
    return !isRecreate || !isZero(maxUnavailable);
  },
  'rollout-can-move': ({ spec: { rollout } }) => !isZero(rollout.maxUnavailable) || !isZero(rollout.maxSurge),
};

/** What the fleet breaks, in the words of the CRD: field, value, limit and remedy of each. */
export function brokenBelts(fleet: Fleet): readonly string[] {
  return RULES.filter(({ id }) => BELTS[id]?.(fleet) === false).map(({ at, fieldPath = '', message }) => {
    const field = `${at}${fieldPath}`;
    return field === '' ? message : `${describeValue(field, valueAt(fleet, field.split('.')))}: ${message}`;
  });
}

/** Ids of the rules that are checked twice. */
export const BELTED: readonly string[] = Object.keys(BELTS);

// The rules of the CRD that safety rests on, once more in the operator itself: an older CRD, or one whose rules somebody
// has pruned, lets pass what would run two pods on one volume, or never come to an end. The words are those of rules.ts.
import type { z } from 'zod';

import { isEverDue, isSchedule } from '../../kube/cron.ts';
import { parseBytes } from '../../kube/quantity.ts';
import { MAX_CONSUMER_NAMES } from './consumer-rules.ts';
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

type Consumer = NonNullable<Fleet['spec']['consumers']>[number];

/** The same of the rules of `spec.consumers`: whether this one keeps it. */
const CONSUMER_BELTS: Readonly<Record<string, (consumer: Consumer, fleet: Fleet) => boolean>> = {
  'consumer-name-is-a-dns-label': ({ name }) => /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) && name !== 'surge',
  'consumer-names-fit': ({ name }, { metadata }) => name.length + metadata.name.length <= MAX_CONSUMER_NAMES,
  'consumer-labels-are-free': ({ template }) => !Object.keys(template.metadata?.labels ?? {}).some(isReserved),
  'consumer-data-volume-is-reserved': ({ template }) =>
    !template.spec?.volumes?.some(({ name }) => name === DATA_VOLUME),
  'schedule-is-of-a-cron-job': ({ kind, schedule }) => (kind === 'CronJob') === (schedule !== undefined),
  'schedule-is-readable': ({ schedule }) => schedule === undefined || isSchedule(schedule),
  'schedule-is-ever-due': ({ schedule }) => schedule === undefined || !isSchedule(schedule) || isEverDue(schedule),
  'cron-job-ends': ({ kind, template }) => kind !== 'CronJob' || template.spec?.restartPolicy !== 'Always',
  'follower-needs-shared-storage': ({ kind }, { spec: { storage } }) =>
    kind === 'Sidecar' || (storage !== undefined && storage.accessMode !== 'ReadWriteOncePod'),
};

/** What the fleet breaks, in the words of the CRD: field, value, limit and remedy of each. */
export function brokenBelts(fleet: Fleet): readonly string[] {
  return RULES.flatMap((rule) => {
    const { id, at, fieldPath = '', message } = rule;
    const consumer = fleet.spec.consumers?.findIndex((one) => CONSUMER_BELTS[id]?.(one, fleet) === false) ?? -1;
    if (consumer < 0 && BELTS[id]?.(fleet) !== false) return [];
    const field = `${at}${fieldPath}`.replace('[]', `[${consumer}]`).replace(/^\./, '');
    // Rules of the whole object name their field themselves.
    if (field === '') return `${describeValue('metadata.name', fleet.metadata.name)}: ${message}`;
    return `${describeValue(field, valueAt(fleet, pathOf(field)))}: ${message}`;
  });
}

/** `spec.consumers[0].name` as its parts. */
function pathOf(field: string): readonly (string | number)[] {
  return field.split(/[.[]/).map((part) => (part.endsWith(']') ? Number.parseInt(part, 10) : part));
}

/** Ids of the rules that are checked twice. */
export const BELTED: readonly string[] = [...Object.keys(BELTS), ...Object.keys(CONSUMER_BELTS)];

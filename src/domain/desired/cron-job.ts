// The CronJob of a consumer: one run at a time, on the machine of its member, or suspended.
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type Consumer, type StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { hashOf } from '../../kube/hash.ts';
import { CRON_JOB, apiVersionOf, type CronJob } from '../../kube/kinds.ts';
import { controllerReference } from '../../kube/owner-references.ts';
import { timestampOf } from '../../kube/timestamp.ts';
import { consumerName } from '../member-name.ts';
import { consumerTemplate } from './consumer-template.ts';
import { consumerLabels } from './labels.ts';

/** Without one a CronJob goes by the clock of kube-controller-manager, which the operator cannot read. */
export const DEFAULT_TIME_ZONE = 'Etc/UTC';

/**
 * Seconds by which a run may begin late: as long as kube-controller-manager may take to be replaced. A run that comes due
 * earlier than that before its CronJob is resumed is skipped for good.
 */
export const STARTING_DEADLINE_SECONDS = 60;

/** The CronJob with its runs on `machine`. */
export function cronJob(
  deployment: StoredNodeDeployment,
  member: string,
  consumer: Consumer,
  machine: string,
): CronJob {
  const labels = consumerLabels(deployment, member, consumer.name);
  const template = consumerTemplate(consumer, member, labels, machine);
  const spec: NonNullable<CronJob['spec']> = {
    schedule: consumer.schedule ?? '',
    timeZone: consumer.timeZone ?? DEFAULT_TIME_ZONE,
    suspend: false,
    concurrencyPolicy: 'Forbid',
    startingDeadlineSeconds: STARTING_DEADLINE_SECONDS,
    jobTemplate: {
      metadata: { labels },
      spec: {
        // A pod that ends is replaced once its processes have ended, so that there is never a second one beside it.
        podReplacementPolicy: 'Failed',
        template: {
          ...template,
          spec: { ...template.spec, containers: template.spec?.containers ?? [], restartPolicy: restartOf(consumer) },
        },
      },
    },
  };
  const { metadata, ...kind } = identity(deployment, member, consumer.name);
  return {
    ...kind,
    metadata: {
      ...metadata,
      labels,
      annotations: { [ANNOTATION.appliedHash]: hashOf({ labels, spec }), [ANNOTATION.quiescedAt]: '' },
      ownerReferences: [controllerReference(NODE_DEPLOYMENT, deployment)],
    },
    spec,
  };
}

/** Only `suspend`, applied by a field manager of its own, and when: from then on nothing is due. */
export function suspendedCronJob(
  deployment: StoredNodeDeployment,
  member: string,
  consumer: string,
  now: number,
): CronJob {
  const { metadata, ...kind } = identity(deployment, member, consumer);
  const annotations = { [ANNOTATION.quiescedAt]: timestampOf(now) };
  const object = { ...kind, metadata: { ...metadata, annotations }, spec: { suspend: true } };
  // The model calls the schedule and the template required; an apply of other fields need not repeat them.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return object as unknown as CronJob;
}

function identity({ metadata: { namespace } }: StoredNodeDeployment, member: string, consumer: string) {
  return {
    apiVersion: apiVersionOf(CRON_JOB),
    kind: CRON_JOB.kind,
    metadata: { name: consumerName(member, consumer), ...(namespace === undefined ? {} : { namespace }) },
  };
}

function restartOf({ template }: Consumer): string {
  return template.spec?.restartPolicy ?? 'OnFailure';
}

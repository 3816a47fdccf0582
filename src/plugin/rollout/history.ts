// `rollout history`: the templates that a fleet has had, who runs them, and the rollouts that ended.
import type { StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import type { Answer, Look } from '../output.ts';
import { plain } from '../palette.ts';
import { readFleet, type Session } from '../session.ts';
import { age, duration, table } from '../text.ts';
import { currentRevision, imagesOf, type Revision } from './revisions.ts';
import { readRevisions } from './undo.ts';

interface RevisionView {
  readonly number: number;
  readonly hash: string;
  readonly createdAt: string;
  readonly images: readonly string[];
  /** Whether spec.template is this one. */
  readonly isCurrent: boolean;
  /** Members that run it. */
  readonly members: readonly string[];
}

export async function rolloutHistory(session: Session, name: string): Promise<Answer> {
  const fleet = await readFleet(session, name);
  const revisions = viewRevisions(fleet, await readRevisions(session, fleet));
  const plans = fleet.status?.history ?? [];
  const { namespace } = session;
  return {
    json: { kind: 'RolloutHistory', namespace, name, revisions, plans },
    lines: (look) => [...revisionLines(revisions, namespace, name, look), ...planLines(plans, look)],
  };
}

/** Newest first. */
export function viewRevisions(fleet: StoredNodeDeployment, revisions: readonly Revision[]): readonly RevisionView[] {
  const current = currentRevision(fleet, revisions);
  return revisions.map(({ number, hash, createdAt, template }) => ({
    number,
    hash,
    createdAt,
    images: imagesOf(template),
    isCurrent: number === current?.number,
    members: (fleet.status?.members ?? []).filter(({ revision }) => revision === hash).map(({ name }) => name),
  }));
}

function revisionLines(
  revisions: readonly RevisionView[],
  namespace: string,
  name: string,
  { palette, now }: Look,
): readonly string[] {
  if (revisions.length === 0) return [`The operator keeps no template of ${namespace}/${name} yet.`];
  const header = ['REVISION', 'HASH', 'AGE', 'MEMBERS', 'IMAGES'].map((text) => ({ text, paint: palette.dim }));
  const rows = revisions.map(({ number, hash, createdAt, images, isCurrent, members }) => [
    { text: isCurrent ? `${number} *` : `${number}`, paint: isCurrent ? palette.bold : plain },
    hash,
    age(createdAt, now),
    `${members.length}`,
    images.join(', '),
  ]);
  return [...table([header, ...rows]), palette.dim('* the template in the spec')];
}

function planLines(
  plans: NonNullable<NonNullable<StoredNodeDeployment['status']>['history']>,
  { palette, now }: Look,
): readonly string[] {
  if (plans.length === 0) return [];
  const header = ['ROLLOUT TO', 'ENDED AS', 'TOOK', 'ENDED'].map((text) => ({ text, paint: palette.dim }));
  const rows = plans.map(({ targetRevision, phase, createdAt, endedAt }) => [
    targetRevision,
    phase,
    duration(Date.parse(endedAt) - Date.parse(createdAt)),
    `${age(endedAt, now)} ago`,
  ]);
  return ['', ...table([header, ...rows])];
}

// `claims`: lists what fleets have left behind, and deletes one of them on request.
import { NODE_DEPLOYMENT } from '../../api/v1alpha1/node-deployment.ts';
import { CLAIM, POD, VOLUME, type StoredClaim } from '../../kube/kinds.ts';
import { isConflict } from '../../runtime/client/api-error.ts';
import { CommandError, UsageError } from '../errors.ts';
import type { Answer } from '../output.ts';
import { TolerantReader, type Session } from '../session.ts';
import { claimTable } from './lines.ts';
import { isOurs, purgeObstacle, retainedClaims, type Namespace } from './retained.ts';

export async function listClaims(session: Session, owner: string | undefined): Promise<Answer> {
  const { namespace } = session;
  const items = retainedClaims(await readNamespace(session), owner);
  const whose = owner === undefined ? '' : ` of ${owner}`;
  return {
    json: { kind: 'RetainedClaimList', namespace, items },
    lines: (look) =>
      items.length === 0 ? [`No retained claims${whose} in namespace ${namespace}.`] : claimTable(items, look),
  };
}

async function readNamespace({ reader, namespace }: Session): Promise<Namespace> {
  const tolerant = new TolerantReader(reader);
  const [claims, fleets, pods] = await Promise.all([
    reader.list(CLAIM, { namespace }),
    reader.list(NODE_DEPLOYMENT, { namespace }),
    tolerant.list(POD, { namespace }),
  ]);
  return { claims, fleets, pods: tolerant.unreadable.has(POD.kind) ? undefined : pods };
}

/** Asks a person; resolves to whether they agree. Undefined where there is nobody to ask. */
export type Ask = ((question: string) => Promise<boolean>) | undefined;

/**
 * Deletes the claim with this uid, after a confirmation.
 *
 * @param owner only if it is that fleet's
 * @throws CommandError if there is none, or it is in use or wanted, or the answer is no
 */
export async function purgeClaim(
  session: Session,
  uid: string,
  { owner, isAgreed, ask }: { readonly owner: string | undefined; readonly isAgreed: boolean; readonly ask: Ask },
): Promise<Answer> {
  const { namespace, edits } = session;
  const claim = await readPurgeable(session, uid, owner);
  const { name } = claim.metadata;
  const fate = await fateOf(session, claim);
  if (!isAgreed) {
    if (ask === undefined)
      throw new UsageError('--purge asks first and there is no terminal; add --yes to agree beforehand');
    const isYes = await ask(`Delete claim ${namespace}/${name}, ${sizeOf(claim)}? ${fate}`);
    if (!isYes) throw new CommandError(`claim ${name} was not deleted`);
  }
  // A person takes their time: a fleet may want it by now.
  const current = isAgreed ? claim : await readPurgeable(session, uid, owner);
  try {
    await edits.deleteClaim(current);
  } catch (error) {
    if (!isConflict(error)) throw error;
    const says = `claim ${name} has just been changed by somebody and was not deleted; look again`;
    throw new CommandError(`${says}: ${session.kubectl('nodefleet claims')}`, { cause: error });
  }
  return {
    json: { kind: 'PurgedClaim', namespace, name, uid, volume: claim.spec?.volumeName },
    lines: () => [`claim ${namespace}/${name} deleted. ${fate}`],
  };
}

async function readPurgeable(session: Session, uid: string, owner: string | undefined): Promise<StoredClaim> {
  const { kubectl, namespace: name } = session;
  const namespace = await readNamespace(session);
  const claim = namespace.claims.find(({ metadata }) => metadata.uid === uid);
  const list = kubectl('nodefleet claims');
  if (claim === undefined) {
    const named = namespace.claims.find(({ metadata }) => metadata.name === uid);
    const hint = named === undefined || !isOurs(named) ? '' : `: that is a name, its uid is ${named.metadata.uid}`;
    throw new CommandError(`there is no claim with the uid ${uid} in namespace ${name}${hint}; list them: ${list}`);
  }
  const obstacle = purgeObstacle(claim, namespace, owner);
  if (obstacle !== undefined) throw new CommandError(`claim ${claim.metadata.name} is not deleted: ${obstacle}`);
  return claim;
}

/** What becomes of the data. */
async function fateOf({ reader }: Session, { spec }: StoredClaim): Promise<string> {
  const name = spec?.volumeName;
  if (name === undefined) return 'It has no volume and so no data.';
  const volume = await new TolerantReader(reader).get(VOLUME, { namespace: '', name });
  const policy = volume?.spec?.persistentVolumeReclaimPolicy;
  if (policy === 'Retain') return `Its volume ${name} stays, with the data (reclaim policy Retain).`;
  const why =
    policy === undefined ? 'unless its reclaim policy, which you may not read, is Retain' : `reclaim policy ${policy}`;
  return `Its volume ${name} goes too, with the data (${why}).`;
}

function sizeOf({ status, spec }: StoredClaim): string {
  return status?.capacity?.['storage'] ?? spec?.resources?.requests?.['storage'] ?? 'size unknown';
}

// `rollout undo`: an earlier template back into spec.template.
//
// Guarantees: what is replaced is what was compared: every attempt reads the fleet anew, and writes only at the version
// that it read. A status that changed meanwhile costs another attempt; a spec that changed ends the command.
import { revisionOf } from '../../domain/desired/pod-template.ts';
import type { StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import { CONTROLLER_REVISION } from '../../kube/kinds.ts';
import { isSameJson } from '../../kube/merge-patch.ts';
import { isConflict } from '../../runtime/client/api-error.ts';
import { CommandError } from '../errors.ts';
import type { Answer, Look } from '../output.ts';
import { readFleet, type Session } from '../session.ts';
import { differenceLines, differences } from './differences.ts';
import { currentRevision, previousRevision, revisionsOf, type Revision } from './revisions.ts';

const ATTEMPTS = 5;

/** @param to number of the revision; default: the newest with another template than the spec's */
export async function undoRollout(session: Session, name: string, to: number | undefined): Promise<Answer> {
  const first = await readFleet(session, name);
  const revisions = await readRevisions(session, first);
  const target = chooseRevision(session, first, revisions, to);
  const { template } = first.spec;
  const changes = differences(template, target.template);
  const isChanged = !isSameJson(template, target.template);
  if (isChanged) await replaceTemplate(session, first, target);
  const from = currentRevision(first, revisions);
  const names = {
    from: from && { number: from.number, hash: from.hash },
    to: { number: target.number, hash: target.hash },
  };
  const { namespace } = session;
  return {
    json: { kind: 'RolloutUndo', namespace, name, isChanged, ...names, changes },
    lines: ({ palette }) => {
      const was = from === undefined ? `revision ${revisionOf(first.spec)}` : titleOf(from);
      if (!isChanged) return [`${namespace}/${name} has the template of ${titleOf(target)} already`];
      return [
        `${namespace}/${name} goes from ${was} to ${titleOf(target)}`,
        ...painted(changes, palette),
        ...notes(first),
      ];
    },
  };
}

/** The revisions of the fleet, newest first. */
export async function readRevisions(session: Session, fleet: StoredNodeDeployment): Promise<readonly Revision[]> {
  const { reader, namespace } = session;
  const labelSelector = `${LABEL.deployment}=${fleet.metadata.name}`;
  return revisionsOf(fleet, await reader.list(CONTROLLER_REVISION, { namespace, labelSelector }));
}

function chooseRevision(
  { kubectl }: Session,
  fleet: StoredNodeDeployment,
  revisions: readonly Revision[],
  wanted: number | undefined,
): Revision {
  const { name } = fleet.metadata;
  const history = kubectl(`nodefleet rollout history ${name}`);
  if (wanted !== undefined) {
    const found = revisions.find(({ number }) => number === wanted);
    if (found !== undefined) return found;
    throw new CommandError(`${name} has no revision ${wanted}; see ${history}`);
  }
  const previous = previousRevision(fleet, revisions);
  if (previous !== undefined) return previous;
  throw new CommandError(`${name} has no earlier template to go back to; see ${history}`);
}

async function replaceTemplate(session: Session, first: StoredNodeDeployment, { template }: Revision): Promise<void> {
  const { name, uid, generation } = first.metadata;
  let fleet = first;
  for (let attempt = 1; ; attempt++) {
    try {
      return void (await session.edits.replaceTemplate(fleet, template));
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error;
    }
    fleet = await readFleet(session, name);
    if (fleet.metadata.uid !== uid || fleet.metadata.generation !== generation) {
      throw new CommandError(
        `${name} has just been changed by somebody else; nothing was written. Look, and run it again`,
      );
    }
  }
}

function titleOf({ number, hash }: Revision): string {
  return `revision ${number} (${hash})`;
}

function painted(changes: ReturnType<typeof differences>, palette: Look['palette']): readonly string[] {
  return differenceLines(changes).map((line) => {
    const paint = line.startsWith('-') ? palette.bad : line.startsWith('+') ? palette.good : palette.dim;
    return `  ${paint(line)}`;
  });
}

/** What keeps the template from reaching the members. */
function notes({ spec, metadata }: StoredNodeDeployment): readonly string[] {
  if (spec.paused) return ['spec.paused: the operator does nothing until it is unset'];
  if (spec.rollout.paused) return [`its rollout is paused: kubectl nodefleet rollout resume ${metadata.name}`];
  return [];
}

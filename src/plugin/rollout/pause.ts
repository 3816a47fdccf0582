// `rollout pause` and `rollout resume`: the switch spec.rollout.paused.
import { isConflict } from '../../runtime/client/api-error.ts';
import { CommandError } from '../errors.ts';
import type { Answer } from '../output.ts';
import { readFleet, type Session } from '../session.ts';

/** @throws CommandError if there is no such fleet */
export async function pauseRollout(session: Session, name: string, isPaused: boolean): Promise<Answer> {
  const { edits, namespace } = session;
  const fleet = await readFleet(session, name);
  const isChanged = fleet.spec.rollout.paused !== isPaused;
  if (isChanged) {
    try {
      await edits.pauseRollout(fleet, isPaused);
    } catch (error) {
      if (!isConflict(error)) throw error;
      throw new CommandError(`NodeDeployment ${name} has just been replaced by another one; nothing was changed`, {
        cause: error,
      });
    }
  }
  const word = isPaused ? 'paused' : 'resumed';
  const note = fleet.spec.paused ? ' (spec.paused still keeps the operator from doing anything)' : '';
  const says = isChanged ? word : isPaused ? 'is paused already' : 'is not paused';
  return {
    json: { kind: 'RolloutSwitch', namespace, name, isPaused, isChanged },
    lines: () => [`rollout of ${namespace}/${name} ${says}${note}`],
  };
}

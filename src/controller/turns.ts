// Which writes of a plan may be under way at the same time. Pure, but for `takeTurns`, which sends them.
//
// Guarantees: the writes of one member keep their order, and so does everything that changes or deletes something: only
// members of which all that is written is made anew go side by side. Of these, too, no member gets a child before the
// member that is planned before it has one of that kind, or was refused it: where a quota has room for some, the first
// ones get them. Nothing passes what belongs to the fleet as a whole, such as the record of a template.
import type { Action } from '../domain/actions.ts';

/** The writes that follow each other for one member, or one write of the fleet itself. */
type Turn<T> = readonly T[];

/** The turns in their order, with those together that may go side by side. */
export function turnsOf<T extends Action>(writes: readonly T[], fleet: string): readonly (readonly Turn<T>[])[] {
  const sideBySide: Turn<T>[][] = [];
  let wasMaking = false;
  for (const turn of byMember(writes)) {
    const isMaking = turn.every(
      (write) => write.type === 'Apply' && write.fence === 'absent' && write.member !== fleet,
    );
    const last = sideBySide.at(-1);
    if (isMaking && wasMaking && last !== undefined) last.push(turn);
    else sideBySide.push([turn]);
    wasMaking = isMaking;
  }
  return sideBySide;
}

function byMember<T extends Action>(writes: readonly T[]): readonly Turn<T>[] {
  const turns: T[][] = [];
  let last: string | undefined;
  for (const write of writes) {
    const member = 'member' in write ? write.member : undefined;
    const turn = turns.at(-1);
    if (turn !== undefined && member !== undefined && member === last) turn.push(write);
    else turns.push([write]);
    last = member;
  }
  return turns;
}

/**
 * Takes these turns side by side: a write begins when the one before it in its turn has been answered, and the one of its
 * kind in the turns before. So there are as many under way as a member has kinds of children. Once one has failed, none
 * begins any more.
 *
 * @throws what the first of those that failed has thrown, when none is under way any more
 */
export async function takeTurns<T extends Action>(
  turns: readonly Turn<T>[],
  write: (action: T) => Promise<void>,
): Promise<void> {
  let hasFailed = false;
  const begin = async (action: T, after: readonly Promise<void>[]): Promise<void> => {
    await Promise.allSettled(after);
    if (hasFailed) return;
    try {
      await write(action);
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  };
  const lastOfKind = new Map<string, Promise<void>>();
  const answers = turns.flatMap((turn) => {
    let before = Promise.resolve();
    return turn.map((action) => {
      const kind = 'kind' in action ? action.kind.kind : action.type;
      before = begin(action, [before, lastOfKind.get(kind) ?? before]);
      lastOfKind.set(kind, before);
      return before;
    });
  });
  for (const answer of await Promise.allSettled(answers)) if (answer.status === 'rejected') throw answer.reason;
}

// Which writes of a plan may be under way at the same time. Pure.
//
// Guarantees: the writes of one member keep their order, and so does everything that changes or deletes something: only
// members of which all that is written is made anew go side by side. Nothing passes what belongs to the fleet as a whole,
// such as the record of a template.
import type { Action } from '../domain/actions.ts';

/** Members that are made at a time. More do not go faster: the API server is then busy with these. */
const MADE_AT_ONCE = 4;

/** The writes that follow each other for one member, or one write of the fleet itself. */
type Turn<T> = readonly T[];

/** The turns in their order, with those together that may go side by side. */
export function turnsOf<T extends Action>(writes: readonly T[], fleet: string): readonly (readonly Turn<T>[])[] {
  const sideBySide: Turn<T>[][] = [];
  let made = 0;
  for (const turn of byMember(writes)) {
    const isMaking = turn.every(
      (write) => write.type === 'Apply' && write.fence === 'absent' && write.member !== fleet,
    );
    const last = sideBySide.at(-1);
    if (isMaking && made > 0 && made < MADE_AT_ONCE && last !== undefined) last.push(turn);
    else sideBySide.push([turn]);
    made = isMaking ? (made % MADE_AT_ONCE) + 1 : 0;
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

// `why`: what blocks a member.
import type { Answer } from '../output.ts';
import type { Session } from '../session.ts';
import { explainMember } from './chain.ts';
import { chainLines } from './lines.ts';
import { readFacts } from './read.ts';

export async function why(session: Session, member: string): Promise<Answer> {
  const explanation = explainMember(await readFacts(session, member));
  const { namespace } = session;
  return {
    json: { kind: 'Explanation', namespace, member, ...explanation },
    lines: (look) => chainLines(explanation, look),
  };
}

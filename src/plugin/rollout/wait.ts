// `rollout status`: follows a fleet until every member is available, and prints each step once.
import { sleep } from '../../runtime/clock.ts';
import { CommandError } from '../errors.ts';
import type { Answer, Print } from '../output.ts';
import { readFleet, type Session } from '../session.ts';
import { duration } from '../text.ts';
import { progressOf } from './progress.ts';

/** One read of one object a second: a watch would carry every fleet of the namespace. */
const INTERVAL_MS = 1_000;

/**
 * @param timeoutMs milliseconds; 0 waits for ever
 * @throws CommandError when the rollout has failed, or at the timeout
 */
export async function waitForRollout(session: Session, name: string, timeoutMs: number, print: Print): Promise<Answer> {
  const { clock, kubectl, namespace } = session;
  const deadline = timeoutMs === 0 ? Infinity : clock.monotonic() + timeoutMs;
  let last: string | undefined;
  for (;;) {
    const fleet = await readFleet(session, name);
    const { state, says } = progressOf(fleet);
    if (state === 'Complete') {
      return { json: { kind: 'RolloutStatus', namespace, name, state, message: says }, lines: () => [says] };
    }
    if (state === 'Failed') throw new CommandError(`${says}; see ${kubectl(`nodefleet status ${name}`)}`);
    if (says !== last) print(says);
    last = says;
    const left = deadline - clock.monotonic();
    if (left <= 0) {
      const message = `the rollout of ${name} is not complete after ${duration(timeoutMs)}`;
      throw new CommandError(`${message}; see ${kubectl(`nodefleet status ${name}`)}`);
    }
    await sleep(clock, Math.min(INTERVAL_MS, left));
  }
}

// From a parsed command line to the command that answers it.
import type { Ask } from './claims/claims.ts';
import { listClaims, purgeClaim } from './claims/claims.ts';
import type { Run } from './command-line.ts';
import { UsageError } from './errors.ts';
import type { Answer, Print } from './output.ts';
import { rolloutHistory } from './rollout/history.ts';
import { pauseRollout } from './rollout/pause.ts';
import { undoRollout } from './rollout/undo.ts';
import { waitForRollout } from './rollout/wait.ts';
import type { Session } from './session.ts';
import { status } from './status.ts';
import { why } from './why/why.ts';

export interface Terminal {
  /** Lines before the answer. */
  readonly print: Print;
  readonly ask: Ask;
}

/** @throws CommandError for what a user can mend; ApiError and TransportError of the API server */
export async function execute(session: Session, { command, name, options }: Run, terminal: Terminal): Promise<Answer> {
  // The table of commands says which ones have no name.
  const given = name ?? '';
  switch (command) {
    case 'status':
      return status(session, name);
    case 'why':
      return why(session, given);
    case 'claims': {
      const { purge, yes } = options;
      if (purge === undefined && yes) throw new UsageError('--yes goes with --purge UID');
      if (purge === undefined) return listClaims(session, name);
      return purgeClaim(session, purge, { owner: name, isAgreed: yes, ask: terminal.ask });
    }
    case 'rollout status':
      return waitForRollout(session, given, options.timeout ?? 0, terminal.print);
    case 'rollout history':
      return rolloutHistory(session, given);
    case 'rollout undo':
      return undoRollout(session, given, options.toRevision);
    case 'rollout pause':
      return pauseRollout(session, given, true);
    case 'rollout resume':
      return pauseRollout(session, given, false);
  }
}

// What a user reads when a command fails: one line that says what, where, and what to do.
import { ApiError, isForbidden, TransportError } from '../runtime/client/api-error.ts';

/** The command cannot do what was asked. The message is the line for the user. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  readonly exitCode: number = 1;
}

/** The command line is wrong. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';
  override readonly exitCode = 2;
}

/** Where a request went. */
export interface Place {
  readonly server: string;
  readonly contextName: string;
}

/** The line for any error of a command that was talking to `place`. */
export function explain(error: unknown, place: Place | undefined): string {
  if (error instanceof CommandError || place === undefined) return messageOf(error);
  const { server, contextName } = place;
  if (isForbidden(error)) {
    return `${serverMessage(error)}; ask for that right, or choose another user with --context (this one is ${contextName})`;
  }
  if (error instanceof ApiError && error.code === 404 && error.objectName === '') {
    return `${server} does not know NodeDeployments (context ${contextName}); install the CRD: kubectl apply -f crds/`;
  }
  if (error instanceof ApiError && error.code === 401) {
    return `${server} refuses the credentials of context ${contextName}; have they expired?`;
  }
  if (error instanceof TransportError) return `${server} did not answer (${messageOf(error)}); is the cluster up?`;
  return messageOf(error);
}

/** The API server's own words, without our request line. */
function serverMessage(error: ApiError): string {
  return error.message.slice(error.message.indexOf(': ', error.message.indexOf(`${error.code}`) + 1) + 2);
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(/\s*\n\s*/g, ' ').trim();
}

// Runs a script against a server, whichever it is, and what it did is seen by a watch.
import type { HttpRequest, Transport } from '../../../src/runtime/client/transport.ts';
import { answerOf, type Answer } from './answer.ts';
import type { Script, Step } from './scripts.ts';

export type Send = (request: HttpRequest) => ReturnType<Transport['request']>;

export async function runScript(send: Send, namespace: string, { steps }: Script): Promise<readonly Answer[]> {
  const said: Answer[] = [];
  for (const ask of steps) said.push(answerOf(await send(requestOf(ask(said), namespace))));
  return said;
}

function requestOf({ method, path, body, type = 'application/json' }: Step, namespace: string): HttpRequest {
  return {
    method,
    path: path.replace('{ns}', namespace),
    headers: { 'content-type': type },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

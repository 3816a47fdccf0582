// Runs a script against a server, whichever it is, and what it did is seen by a watch.
import type { HttpRequest, Transport } from '../../../src/runtime/client/transport.ts';
import { answerOf, type Answer } from './answer.ts';
import type { Race } from './races.ts';
import type { Script, Step } from './steps.ts';

export type Send = (request: HttpRequest) => ReturnType<Transport['request']>;

export async function runScript(send: Send, namespace: string, { steps }: Script): Promise<readonly Answer[]> {
  const said: Answer[] = [];
  for (const ask of steps) said.push(answerOf(await send(requestOf(ask(said), namespace))));
  return said;
}

/** The answers of a race: those before it, of the two, and of what is asked at last. @param isSwapped the second is sent first */
export async function runRace(
  send: Send,
  namespace: string,
  race: Race,
  isSwapped = false,
): Promise<readonly Answer[]> {
  const said = [...(await runScript(send, namespace, { name: race.name, steps: race.before }))];
  const [left, right] = race.pair.map((ask) => requestOf(ask(said), namespace));
  if (left === undefined || right === undefined) return said;
  const sent = isSwapped ? [right, left] : [left, right];
  const answers = (await Promise.all(sent.map((request) => send(request)))).map(answerOf);
  const both = [...said, ...(isSwapped ? answers.toReversed() : answers)];
  return [...both, answerOf(await send(requestOf(race.after(both), namespace)))];
}

function requestOf({ method, path, body, type = 'application/json' }: Step, namespace: string): HttpRequest {
  return {
    method,
    path: path.replace('{ns}', namespace),
    headers: { 'content-type': type },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

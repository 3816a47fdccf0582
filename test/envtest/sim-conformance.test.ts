// The model of the API server that the simulation stands on (test/sim/model), held against a real one: the same
// requests to both, the same answers, and the same told by watches. A divergence is a defect of the model, or one of
// its lies, which then belongs into its list.
//
// CONFORMANCE_RUNS: how many scripts by chance; default 30. CONFORMANCE_FIRST: the seed of the first; default 1.
import { randomBytes } from 'node:crypto';

import { afterAll, describe, expect, test } from 'vitest';

import { relations, type Answer } from '../sim/conformance/answer.ts';
import { runRace, runScript } from '../sim/conformance/ask.ts';
import { RACES } from '../sim/conformance/races.ts';
import { randomScript } from '../sim/conformance/random.ts';
import { SCRIPTS } from '../sim/conformance/scripts.ts';
import type { Script } from '../sim/conformance/steps.ts';
import { sentinels, type Told, watchModel, watchReal } from '../sim/conformance/watching.ts';
import { ModelServer } from '../sim/model/api-server.ts';
import { handle } from '../sim/model/http.ts';
import { connect } from '../../src/runtime/client/kube-client.ts';
import { sharedControlPlane } from './start.ts';

const ROUNDS = 3;
const RUNS = numberOf('RUNS', 30);
const FIRST = numberOf('FIRST', 1);

/** @throws Error if it is not one */
function numberOf(name: string, fallback: number): number {
  const given = process.env[`CONFORMANCE_${name}`] || String(fallback);
  if (/^\d+$/.test(given)) return Number(given);
  throw new Error(`make conformance: ${name}=${given} is not a whole number; use ${name}=${fallback}, for example`);
}

const environment = { KUBECONFIG: sharedControlPlane().kubeconfigPath };
const { transport } = await connect({ environment, userAgent: 'nodefleet-test/1' });
afterAll(() => transport.close());
const real = await watchReal(transport);

/** Of every script that has run: its answers, and what the model's watches told of it. */
const runs: {
  readonly name: string;
  readonly namespace: string;
  readonly real: readonly Answer[];
  readonly model: readonly Answer[];
  readonly told: readonly (readonly Told[])[];
}[] = [];

/** Left to the end of the control plane: a namespace with finalizers in it takes long to go. */
async function makeNamespace(): Promise<string> {
  const name = `conformance-${randomBytes(4).toString('hex')}`;
  const body = JSON.stringify({ metadata: { name } });
  const headers = { 'content-type': 'application/json' };
  const { status } = await transport.request({ method: 'POST', path: '/api/v1/namespaces', headers, body });
  expect(status).toBe(201);
  return name;
}

async function compare(script: Script): Promise<void> {
  const namespace = await makeNamespace();
  const server = new ModelServer(() => Date.now());
  const told = watchModel(server, namespace);
  const said = await runScript((request) => transport.request(request), namespace, script);
  const model = await runScript(async (request) => handle(server, request, 'client'), namespace, script);
  runs.push({ name: script.name, namespace, real: said, model, told: told.of(namespace) });
  expect(relations(model)).toEqual(relations(said));
}

describe('the model answers as a real server does', () => {
  test.concurrent.for(SCRIPTS)('$name', (script) => compare(script));

  test.concurrent.for(Array.from({ length: RUNS }, (_, index) => randomScript(FIRST + index)))(
    'a script by chance, $name',
    (script) => compare(script),
  );

  test.concurrent.for(RACES)('or as it does in the other order: $name', async (race, { expect }) => {
    const inModel = async (isSwapped: boolean): Promise<unknown> => {
      const server = new ModelServer(() => Date.now());
      return relations(await runRace(async (request) => handle(server, request, 'client'), 'default', race, isSwapped));
    };
    const orders = await Promise.all([false, true].map(inModel));
    for (let round = 0; round < ROUNDS; round += 1) {
      const said = await runRace((request) => transport.request(request), await makeNamespace(), race);
      expect(orders).toContainEqual(relations(said));
    }
  });
});

test('the model’s watches tell what those of a real server tell, in the same order', async () => {
  const namespace = await makeNamespace();
  await runScript((request) => transport.request(request), namespace, { name: 'the end', steps: sentinels });
  await real.seen(namespace);
  const lines = (answers: readonly Answer[], told: readonly (readonly Told[])[]): unknown => {
    const events = told.flat();
    const all = relations([...answers, ...events.map(({ object }) => object)]).slice(answers.length);
    return events.map(({ type }, index) => ({ type, ...all[index] }));
  };
  expect(runs.length).toBe(SCRIPTS.length + RUNS);
  expect(runs.map((run) => [run.name, lines(run.model, run.told)])).toEqual(
    runs.map((run) => [run.name, lines(run.real, real.events.of(run.namespace))]),
  );
});

// docs/observability.md and the code name the same metrics, with the same labels.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { expect, test } from 'vitest';

import { createMetrics } from '../src/metrics.ts';
import { createOperator } from '../src/operator.ts';
import { createObjectClient } from '../src/runtime/client/object-client.ts';
import { FakeClock } from '../src/runtime/testing/fake-clock.ts';
import { RecordingLogger } from '../src/runtime/testing/recording-log.ts';
import { createScriptedTransport } from '../src/runtime/testing/scripted-transport.ts';

const page = readFileSync(resolve(import.meta.dirname, '../docs/observability.md'), 'utf8');
const rows = [...page.matchAll(/^\| `(\w+_\w+)` \|([\w, ]*)\|/gm)]
  .map(([, name = '', labels = '']) => ({
    name,
    labels: labels
      .split(',')
      .map((label) => label.trim())
      .filter(Boolean),
  }))
  .filter(({ name }) => name === name.toLowerCase());

test('docs/observability.md describes every metric with its labels, and no other', () => {
  const clock = new FakeClock();
  const metrics = createMetrics({ clock, version: '1', workers: 4 });
  const client = createObjectClient(metrics.meter(createScriptedTransport({}), 'https://api:6443'));
  const rest = { instance: 'a', namespaces: [], workers: 4, resyncMs: 1, random: () => 0, log: new RecordingLogger() };
  metrics.watch(createOperator({ shards: [{ name: 'default', client }], clock, ...rest }));
  const ours = metrics.described().filter(({ name }) => !/^(process|nodejs)_/.test(name));
  const sorted = <M extends { readonly name: string }>(all: readonly M[]): readonly M[] =>
    all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  expect(sorted(rows)).toEqual(sorted(ours));
});

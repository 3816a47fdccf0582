// config/prometheus without a server: what its files say of each other, and of the docs. That each metric exists, a real
// operator proves (test/envtest/observability.test.ts), which also has promtool run the rules.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { STALLED_REASONS } from '../../src/api/v1alpha1/conditions.ts';
import { PROMETHEUS_FOLDER, readDashboard, readPrometheusRule, readRules } from './read-config.ts';

const alerts = readRules().flatMap(({ rules }) => rules);
const page = readFileSync(resolve(import.meta.dirname, '../../docs/operations.md'), 'utf8');
const anchors = new Set(
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title.toLowerCase().replaceAll(' ', '-')),
);

test('the PrometheusRule has the rules of rules.yaml', () => {
  expect(readPrometheusRule()).toEqual(readRules());
});

test.for(alerts)(
  '$alert says how urgent it is, what is wrong and where to read on',
  ({ alert, labels, annotations }) => {
    expect(['critical', 'warning']).toContain(labels['severity']);
    expect(annotations['summary']).toBeTruthy();
    const [file, anchor = ''] = annotations['runbook']?.split('#') ?? [];
    expect(file).toBe('docs/operations.md');
    if (alert !== 'NodefleetStalled') return expect(anchors).toContain(anchor);
    expect(anchor).toBe('{{ $labels.reason | toLower }}');
    for (const reason of STALLED_REASONS) expect(anchors, reason).toContain(reason.toLowerCase());
  },
);

test('rules.test.yaml has each alert fire, and each stay silent', () => {
  interface Case {
    readonly alertname: string;
    readonly exp_alerts: readonly unknown[];
  }
  const file: { readonly tests: readonly { readonly alert_rule_test: readonly Case[] }[] } = parse(
    readFileSync(resolve(PROMETHEUS_FOLDER, 'rules.test.yaml'), 'utf8'),
  );
  const cases = file.tests.flatMap(({ alert_rule_test: all }) => all);
  const names = alerts.map(({ alert }) => alert).toSorted();
  const of = (isFiring: boolean) => [
    ...new Set(cases.filter(({ exp_alerts: fired }) => fired.length > 0 === isFiring).map((one) => one.alertname)),
  ];
  expect(of(true).toSorted()).toEqual(names);
  expect(of(false).toSorted()).toEqual(names);
});

test('every panel has a title and an expression, and no two share a place', () => {
  const { panels } = readDashboard();
  const titles = panels.map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
  expect(panels.filter(({ type, targets = [] }) => type !== 'row' && targets.length === 0)).toEqual([]);
});

// What config/prometheus holds: the alerts, and the panels of the dashboard.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { parse } from 'yaml';

export const PROMETHEUS_FOLDER = resolve(import.meta.dirname, '../../config/prometheus');

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Alert[] }[];
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** The groups of rules.yaml, as Prometheus reads them. */
export function readRules(): RuleFile['groups'] {
  const file: RuleFile = parse(read('rules.yaml'));
  return file.groups;
}

/** The groups of the PrometheusRule, as the Prometheus operator reads them. */
export function readPrometheusRule(): RuleFile['groups'] {
  const object: { readonly spec: RuleFile } = parse(read('prometheus-rule.yaml'));
  return object.spec.groups;
}

export function readDashboard(): { readonly panels: readonly Panel[] } {
  return JSON.parse(read('dashboard.json'));
}

/** Every expression of the alerts and the dashboard, with where it stands. */
export function readExpressions(): readonly { readonly where: string; readonly expression: string }[] {
  const alerts = readRules().flatMap(({ rules }) =>
    rules.map(({ alert, expr }) => ({ where: alert, expression: expr })),
  );
  const panels = readDashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ where: `panel ${title}`, expression: expr })),
  );
  return [...alerts, ...panels];
}

function read(file: string): string {
  return readFileSync(join(PROMETHEUS_FOLDER, file), 'utf8');
}

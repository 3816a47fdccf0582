// The rules that keep this repository's architecture, as an oxlint plugin: see .oxlintrc.json. Why each exists: its file.
import { eventsLastRule } from './events-last.ts';
import { genericRuntimeRule } from './generic-runtime.ts';
import { layersRule } from './layers-rule.ts';
import { noClusterWriteRule } from './no-cluster-write.ts';
import { noStatusWriteRule } from './no-status-write.ts';
import { pureRule } from './pure.ts';
import type { Rule } from './rule.ts';

const rules: Readonly<Record<string, Rule>> = {
  layers: layersRule,
  pure: pureRule,
  'generic-runtime': genericRuntimeRule,
  'no-status-write': noStatusWriteRule,
  'no-cluster-write': noClusterWriteRule,
  'events-last': eventsLastRule,
};

export default { meta: { name: 'nodefleet' }, rules };

// How often each site chooses something else than the ordinary. Tuned so that a run has some dozen faults: with many
// more, nothing is ever carried far enough to go wrong.
import type { Rates } from './choices.ts';

export const RATES: Rates = {
  'fault.read': 0.05,
  'fault.write': 0.08,
  'fault.kill': 0.03,
  'fault.watch-open': 0.05,
  'fault.watch-delay': 0.05,
  'fault.watch': 0.02,
  'world.repeated-line': 0.8,
  'fault.watch-behind': 0.1,
  'fault.weather': 0.1,
  'fault.machine': 0.05,
  'fault.clock': 0.03,
  'fault.lease': 0.1,
  'fault.takeover': 0.1,
  'fault.lag.statefulset-controller': 0.1,
  'fault.lag.kubelet': 0.05,
  'fault.lag.claims': 0.05,
  'fault.lag.attach-detach': 0.05,
  'fault.lag.garbage-collector': 0.1,
  'fault.lag.namespace-controller': 0.1,
  'edit.act': 0.25,
  'edit.namespace': 0.3,
  edit: 0.7,
  time: 0.15,
  world: 0.6,
  'world.second-operator': 0.4,
};

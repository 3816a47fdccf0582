// Who leads, under the name of client-go v0.36 (tools/leaderelection/metrics.go).
import type { LeadershipObserver } from '../leader-election/leader-elector.ts';
import { addGauge, type Registry } from './registry.ts';

/** Without an election there is no series: nobody waits for a leader. */
export function createLeaderMetrics(registry: Registry): LeadershipObserver {
  const leads = new Map<string, boolean>();
  const text = {
    name: 'leader_election_master_status',
    help: 'Whether this replica leads: 1, or 0 while it stands by.',
    labels: ['name'] as const,
  };
  addGauge(registry, text, (gauge) => {
    for (const [name, isLeader] of leads) gauge.set({ name }, isLeader ? 1 : 0);
  });
  return { onLeadership: ({ name, isLeader }) => void leads.set(name, isLeader) };
}

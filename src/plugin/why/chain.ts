// The chain from a NodeDeployment to the machine of one of its members, up to the first link that blocks. Pure.
import { claimLink } from './claim-link.ts';
import { brokenConsumerLinks, consumerLinks } from './consumer-links.ts';
import type { Facts, Link, Step } from './facts.ts';
import { fleetLink, statefulSetLink } from './fleet-links.ts';
import { eventLink, finalizerLink, operatorLink } from './last-links.ts';
import { machineLinks } from './machine-links.ts';
import { podLink } from './pod-link.ts';
import { attachmentLinks, volumeLink } from './volume-links.ts';

export interface Explanation {
  /** Unknown: nothing that could be read blocks, but not everything could be read. */
  readonly verdict: 'Clear' | 'Waiting' | 'Blocked' | 'Unknown';
  /** The verdict in a sentence. */
  readonly summary: string;
  readonly links: readonly Link[];
  /** What to do, where somebody has to act. */
  readonly next?: Step | undefined;
}

const RULES: readonly ((facts: Facts) => readonly Link[])[] = [
  fleetLink,
  statefulSetLink,
  consumerLinks,
  podLink,
  claimLink,
  volumeLink,
  attachmentLinks,
  machineLinks,
  finalizerLink,
  eventLink,
  operatorLink,
  brokenConsumerLinks,
];

export function explainMember(facts: Facts): Explanation {
  const links: Link[] = [];
  for (const rule of RULES) {
    for (const link of rule(facts)) {
      links.push(link);
      if (link.state === 'Blocked') return conclude(facts, links);
    }
  }
  return conclude(facts, links);
}

function conclude({ member: { name }, revision }: Facts, links: readonly Link[]): Explanation {
  const find = (state: Link['state']): Link | undefined => links.find((link) => link.state === state);
  const blocked = find('Blocked');
  if (blocked !== undefined) {
    const summary =
      blocked.kind === 'Consumer'
        ? `nothing blocks ${name}, but its consumer ${blocked.name} does not run`
        : `${name} is blocked by ${blocked.kind} ${blocked.name}`.trimEnd();
    return { verdict: 'Blocked', summary, links, next: blocked.next };
  }
  const waiting = links.findLast(({ state }) => state === 'Waiting');
  if (waiting !== undefined) {
    const summary = `nothing blocks ${name}; it waits for ${waiting.kind} ${waiting.name}`.trimEnd();
    return { verdict: 'Waiting', summary, links, next: waiting.next };
  }
  const unreadable = links.filter(({ state }) => state === 'Unreadable').map(({ kind }) => kind);
  if (unreadable.length > 0) {
    const kinds = [...new Set(unreadable)].join(', ');
    return { verdict: 'Unknown', summary: `nothing that you may read blocks ${name}; not read: ${kinds}`, links };
  }
  return { verdict: 'Clear', summary: `nothing blocks ${name}: it is Ready on revision ${revision}`, links };
}

// Names of members: `<deployment>-<ordinal>`, and back.
import type { KubeObject } from '../kube/object.ts';

export function memberName(deployment: KubeObject, ordinal: number): string {
  return `${deployment.metadata?.name ?? ''}-${ordinal}`;
}

/** Name of what a consumer of the member is made of. */
export function consumerName(member: string, consumer: string): string {
  return `${member}-${consumer}`;
}

/** The ordinal of a member's name; undefined if it is not a member of that deployment (`web` has no member `web-a-0`). */
export function ordinalOf(deployment: string, member: string): number | undefined {
  if (!member.startsWith(`${deployment}-`)) return undefined;
  const digits = member.slice(deployment.length + 1);
  return /^(0|[1-9]\d{0,5})$/.test(digits) ? Number(digits) : undefined;
}

// The table of fleets that the demo shows, as lines of text. Pure.
import { CONDITION } from '../../src/api/v1alpha1/conditions.ts';
import type { Condition, MemberStatus, StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import type { Paint, Palette } from '../../src/plugin/palette.ts';

export interface TableLook {
  readonly palette: Palette;
  /** Columns of the terminal: no line is longer. */
  readonly width: number;
  /** Whether the members of a fleet that is not Ready have a line each. */
  readonly members: boolean;
}

/** More members than this are told by those that are not Running, and a count. */
const MAX_MEMBERS = 8;
/** Left out: the volume and the machine say it all. */
const ATTACHMENT_NAME = / \(VolumeAttachment [^)]*\)/g;
/** Names of volumes: the first eight digits tell them apart. */
const GENERATED_NAME = /\b(pvc-[0-9a-f]{8})[0-9a-f-]{24,}/g;
const HEADER = ['NAME', 'DESIRED', 'READY', 'UPDATED'];

/** A header, a line for each fleet, and below a fleet that is not Ready its members. */
export function tableLines(fleets: readonly StoredNodeDeployment[], look: TableLook): readonly string[] {
  const rows = fleets.map((fleet) => ({ fleet, cells: cellsOf(fleet) }));
  const widths = HEADER.map((title, column) =>
    Math.max(title.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], status: string, paint: Paint): string => {
    const front = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
    return paintTail(front, `  ${status}`, look.width, paint);
  };
  return [
    look.palette.dim(line(HEADER, 'STATUS', (text) => text)),
    ...rows.flatMap(({ fleet, cells }) => [
      line(cells, statusOf(fleet), paintFor(fleet, look.palette)),
      ...(look.members && !isReady(fleet) ? memberLines(fleet, look) : []),
    ]),
  ];
}

/** Whether the operator has seen the newest spec and every member is as wanted. */
export function isReady(fleet: StoredNodeDeployment): boolean {
  const { generation } = fleet.metadata;
  return fleet.status?.observedGeneration === generation && conditionOf(fleet, CONDITION.Ready)?.status === 'True';
}

/** `geth-2  Running → Quiescing  why`: a line for each member that has changed its phase, its machine or what it waits for. */
export function memberChanges(
  before: StoredNodeDeployment | undefined,
  after: StoredNodeDeployment,
): readonly string[] {
  const known = new Map(before?.status?.members?.map((member) => [member.name, member]));
  return (after.status?.members ?? []).flatMap((member) => {
    const earlier = known.get(member.name);
    const isSamePhase = earlier?.phase === member.phase;
    const isSame = isSamePhase && waitOf(earlier) === waitOf(member) && earlier.nodeName === member.nodeName;
    if (isSame) return [];
    const phase = earlier === undefined || isSamePhase ? member.phase : `${earlier.phase} → ${member.phase}`;
    return [[member.name, phase, whyOf(member, after)].filter(Boolean).join('  ')];
  });
}

/** `name`, or `namespace/name` outside the default namespace. */
export function nameOf({ metadata: { name, namespace = 'default' } }: StoredNodeDeployment): string {
  return namespace === 'default' ? name : `${namespace}/${name}`;
}

function cellsOf(fleet: StoredNodeDeployment): readonly string[] {
  const { readyReplicas, updatedReplicas } = fleet.status ?? {};
  const numbers = [fleet.spec.replicas, readyReplicas, updatedReplicas].map((count) => String(count ?? '-'));
  return [nameOf(fleet), ...numbers];
}

function statusOf(fleet: StoredNodeDeployment): string {
  if (fleet.metadata.deletionTimestamp !== undefined) return 'Deleting';
  const stalled = conditionOf(fleet, CONDITION.Stalled);
  if (stalled?.status === 'True') return `${stalled.reason}: ${stalled.message}`;
  return conditionOf(fleet, CONDITION.Ready)?.reason ?? 'not seen by the operator yet';
}

function paintFor(fleet: StoredNodeDeployment, { good, busy, bad }: Palette): Paint {
  if (conditionOf(fleet, CONDITION.Stalled)?.status === 'True') return bad;
  return isReady(fleet) ? good : busy;
}

function memberLines(fleet: StoredNodeDeployment, { palette, width }: TableLook): readonly string[] {
  const members = fleet.status?.members ?? [];
  const shown = members.length <= MAX_MEMBERS ? members : members.filter(({ phase }) => phase !== 'Running');
  const nameWidth = Math.max(0, ...shown.map(({ name }) => name.length));
  const phaseWidth = Math.max(0, ...shown.map(({ phase }) => phase.length));
  const lines = shown.slice(0, MAX_MEMBERS).map((member) => {
    const front = `  ${member.name.padEnd(nameWidth)}  ${member.phase.padEnd(phaseWidth)}`;
    return paintTail(front, `  ${whyOf(member, fleet)}`, width, palette.dim);
  });
  const hidden = members.length - lines.length;
  return hidden === 0 ? lines : [...lines, palette.dim(`  and ${hidden} more`)];
}

/** What a member waits for; where it runs, for one that waits for nothing. */
function whyOf(member: MemberStatus, fleet: StoredNodeDeployment): string {
  const wait = waitOf(member);
  if (wait !== undefined) return wait.replaceAll(ATTACHMENT_NAME, '').replaceAll(GENERATED_NAME, '$1…');
  if (member.nodeName === undefined) return '';
  const isOld = member.revision !== fleet.status?.updateRevision;
  return `on ${member.nodeName}, ${isOld ? 'old' : 'new'} revision`;
}

function waitOf({ message, reason }: MemberStatus): string | undefined {
  return message ?? reason;
}

function conditionOf(fleet: StoredNodeDeployment, type: string): Condition | undefined {
  return fleet.status?.conditions?.find((condition) => condition.type === type);
}

/** Cut to the width first, then painted, so that no escape code is ever cut. */
function paintTail(front: string, tail: string, width: number, paint: Paint): string {
  const whole = `${front}${tail}`.trimEnd();
  const cut = whole.length <= width ? whole : `${whole.slice(0, Math.max(0, width - 1))}…`;
  return `${cut.slice(0, front.length)}${paint(cut.slice(front.length))}`;
}

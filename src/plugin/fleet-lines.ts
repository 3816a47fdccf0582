// Fleets as text: a table of all, or one as a tree. Pure.
import type { Condition, RolloutPlan } from '../api/v1alpha1/node-deployment.ts';
import { CONDITION } from '../api/v1alpha1/conditions.ts';
import type { FleetView, MemberView } from './fleet-view.ts';
import { handoffText } from './handoff-text.ts';
import type { Look } from './output.ts';
import { plain, type Paint, type Palette } from './palette.ts';
import { age, count, table, type Cell } from './text.ts';

/** A row for each fleet. */
export function fleetTable(fleets: readonly FleetView[], { palette, now }: Look): readonly string[] {
  const header = ['NAME', 'DESIRED', 'READY', 'UPDATED', 'STATUS', 'AGE'].map((text) => ({ text, paint: palette.dim }));
  const rows = fleets.map((fleet) => [
    fleet.name,
    `${fleet.wanted}`,
    `${fleet.ready}`,
    `${fleet.updated}`,
    { text: fleet.status, paint: fleet.isReady ? palette.good : palette.busy },
    age(fleet.createdAt, now),
  ]);
  return table([header, ...rows]);
}

/** The whole of one fleet, from its conditions to its retained claims. */
export function fleetTree(fleet: FleetView, look: Look): readonly string[] {
  const { palette, now } = look;
  const paint = fleet.isReady ? palette.good : palette.busy;
  const numbers = `${fleet.ready} of ${fleet.wanted} ready, ${fleet.updated} updated, ${fleet.available} available`;
  const switches = fleet.switches.map((name) => `${name}: true`);
  return [
    `${palette.bold(`NodeDeployment ${fleet.namespace}/${fleet.name}`)}  ${paint(fleet.status)}`,
    `  ${[numbers, `revision ${fleet.revision}`, `age ${age(fleet.createdAt, now)}`, ...switches].join(' · ')}`,
    ...(fleet.isStale ? [`  ${palette.busy('the operator has not reported on the newest spec yet')}`] : []),
    ...section('Conditions', conditionLines(fleet.conditions, look), palette),
    ...section(
      'Members',
      fleet.members.flatMap((member) => memberLines(member, look)),
      palette,
    ),
    ...section('Rollout', planLines(fleet.plan, now), palette),
    ...section('Retained claims', retainedLines(fleet, look), palette),
  ];
}

function section(title: string, lines: readonly string[], palette: Palette): readonly string[] {
  return lines.length === 0 ? [] : ['', palette.bold(title), ...lines.map((line) => `  ${line}`)];
}

/** The status that each type has while all is well; the others may have any. */
const WELL: Readonly<Record<string, Condition['status']>> = {
  [CONDITION.Accepted]: 'True',
  [CONDITION.Ready]: 'True',
  [CONDITION.Stalled]: 'False',
  [CONDITION.StorageReady]: 'True',
  [CONDITION.VolumesSafe]: 'True',
  [CONDITION.Paused]: 'False',
};

function conditionLines(conditions: readonly Condition[], { palette, now }: Look): readonly string[] {
  return table(
    conditions.map(({ type, status, reason, message, lastTransitionTime }) => {
      const well = WELL[type];
      const paint = well === undefined ? plain : status === well ? palette.good : palette.bad;
      return [type, { text: status, paint }, reason, age(lastTransitionTime, now), dimmed(message, palette)];
    }),
    2,
  );
}

function memberLines(member: MemberView, { palette, now }: Look): readonly string[] {
  const { name, phase, revision, isOutdated, machine, claim, attachment, handoff, consumers = [] } = member;
  const leaves: (readonly [string, string | undefined])[] = [
    ['waits for', waitText(member)],
    ['revision', revision && `${revision}${isOutdated ? ' (outdated)' : ''}`],
    ['machine', machine],
    ['claim', claim && claimText(claim)],
    ['volume', claim?.volume],
    ['attachment', attachment && attachmentText(attachment, now)],
    ['hand-off', handoff && handoffText(handoff, now)],
    ...consumers.map((consumer) => ['consumer', consumerText(consumer, now)] as const),
  ];
  const shown = leaves.flatMap(([title, text]) => (text === undefined ? [] : [[title, text] as const]));
  const branches = table(
    shown.map(([title, text], index) => [`${index === shown.length - 1 ? '└─' : '├─'} ${title}`, text]),
    2,
  );
  return [`${name}  ${paintOf(phase, palette)(phase)}`, ...branches];
}

function waitText({ phase, reason, message }: MemberView): string | undefined {
  if (message === undefined) return reason;
  return reason === undefined || reason === phase ? message : `${reason}: ${message}`;
}

function claimText({ name, phase, requested, capacity }: NonNullable<MemberView['claim']>): string {
  const size = capacity === undefined || capacity === requested ? requested : `${capacity}, ${requested} requested`;
  return [name, size, phase].filter((part) => part !== undefined).join(' · ');
}

function consumerText({ name, kind, phase, nodeName, skippedRunAt, message }: Consumers[number], now: number): string {
  const skipped = skippedRunAt && `skipped the run that was due ${age(skippedRunAt, now)} ago`;
  const parts = [name, kind, phase, nodeName && `on ${nodeName}`, skipped];
  const what = parts.filter((part) => part !== undefined).join(' · ');
  return message === undefined ? what : `${what}: ${message}`;
}

type Consumers = NonNullable<MemberView['consumers']>;

function attachmentText({ state, since }: NonNullable<MemberView['attachment']>, now: number): string {
  return since === undefined ? state : `${state} for ${age(since, now)}`;
}

function planLines(plan: RolloutPlan | undefined, now: number): readonly string[] {
  if (plan === undefined) return [];
  const { id, targetRevision, phase, createdAt, members } = plan;
  return [
    `${phase}: to revision ${targetRevision}, ${count(members.length, 'member')}, ${age(createdAt, now)} ago (plan ${id})`,
  ];
}

function retainedLines({ retainedClaims }: FleetView, { palette, now }: Look): readonly string[] {
  return table(
    retainedClaims.map(({ name, size = '?', since, reason, uid }) => [
      name,
      size,
      reason,
      `for ${age(since, now)}`,
      dimmed(uid, palette),
    ]),
    2,
  );
}

const BAD_PHASES: ReadonlySet<string> = new Set(['Failed', 'Unreachable']);

function paintOf(phase: string, { good, busy, bad }: Palette): Paint {
  if (phase === 'Running') return good;
  return BAD_PHASES.has(phase) ? bad : busy;
}

function dimmed(text: string, palette: Palette): Cell {
  return { text, paint: palette.dim };
}

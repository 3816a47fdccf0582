// What a component says, and the Event that the API server stores of it.
//
// Guarantees: what `toEvent` returns passes the server's validation (Kubernetes v1.36 ValidateEventCreate) for any text;
// events of one process are ordered by name as by time, so that `kubectl get events` lists them in order.
import { EVENT, apiVersionOf, type Event } from '../../kube/kinds.ts';
import type { ObjectReference } from '../../kube/object-reference.ts';
import { microTimestampOf } from '../../kube/timestamp.ts';

/** Something that happened, told once. */
export interface Occurrence {
  /** The object that it is about: `kubectl describe` shows it there. */
  readonly regarding: ObjectReference;
  /** Another object that took part. */
  readonly related?: ObjectReference | undefined;
  /** Warning: somebody may have to act. */
  readonly type: 'Normal' | 'Warning';
  /** Why, in CamelCase: what people filter by. */
  readonly reason: string;
  /** What was done or failed, in CamelCase. */
  readonly action: string;
  /** For people; cut off after 1,024 bytes. */
  readonly note: string;
}

/** Who reports. */
export interface Reporter {
  /** A qualified name, `example.dev/operator`. */
  readonly controller: string;
  /** Which of its processes: the host name. */
  readonly instance: string;
}

/** How often an occurrence was told, and when last. */
export interface Repetition {
  readonly count: number;
  /** Microseconds since the epoch. */
  readonly lastAtUs: number;
}

const MAX_NOTE_BYTES = 1024;
const MAX_WORD = 128;

export function toEvent(
  { regarding, related, type, reason, action, note }: Occurrence,
  reporter: Reporter,
  { name, firstAtUs, ...repetition }: Repetition & { readonly name: string; readonly firstAtUs: number },
): Event {
  return {
    apiVersion: apiVersionOf(EVENT),
    kind: EVENT.kind,
    metadata: { name, namespace: namespaceOf(regarding) },
    eventTime: microTimestampOf(firstAtUs),
    reportingController: reporter.controller,
    reportingInstance: reporter.instance.slice(0, MAX_WORD),
    type,
    reason: reason.slice(0, MAX_WORD),
    action: action.slice(0, MAX_WORD),
    note: cutOff(note, MAX_NOTE_BYTES),
    regarding,
    ...(related && { related }),
    ...(repetition.count > 1 && { series: seriesOf(repetition) }),
  };
}

export function seriesOf({ count, lastAtUs }: Repetition): NonNullable<Event['series']> {
  return { count, lastObservedTime: microTimestampOf(lastAtUs) };
}

/** Where the event is stored. That of a cluster-scoped object is in `default`, where kubectl looks for it. */
export function namespaceOf({ namespace = '' }: ObjectReference): string {
  return namespace === '' ? 'default' : namespace;
}

/**
 * `<object>.<time><random>`, both hexadecimal: the time orders the events of a process, the random part keeps those of two
 * processes apart. `random` is in [0, 1).
 */
export function eventNameOf(regarding: ObjectReference, firstAtUs: number, random: number): string {
  const suffix =
    firstAtUs.toString(16).padStart(14, '0') +
    Math.floor(random * 0x10000)
      .toString(16)
      .padStart(4, '0');
  const name = regarding.name.toLowerCase().replaceAll(/[^a-z0-9.-]+/g, '-');
  return `${name.slice(0, 200).replaceAll(/^[.-]+|[.-]+$/g, '') || 'object'}.${suffix}`;
}

/** Which occurrences are the same one, told again. */
export function causeOf({ regarding, related, type, reason, action, note }: Occurrence): string {
  return JSON.stringify([nameOf(regarding), related && nameOf(related), type, reason, action, note]);
}

/** What the flood of one object is measured by: what is about its parts has a measure of its own for each part. */
export function subjectOf({ regarding, related }: Occurrence): string {
  return JSON.stringify([nameOf(regarding), related && [related.kind, related.name]]);
}

function nameOf({ apiVersion, kind, namespace, name, uid }: ObjectReference): readonly (string | undefined)[] {
  return [apiVersion, kind, namespace, name, uid];
}

/** The text, or as much of it as fits with an ellipsis; never half a character. */
function cutOff(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const bytes = Buffer.from(text).subarray(0, maxBytes - Buffer.byteLength('…'));
  return `${new TextDecoder().decode(bytes, { stream: true })}…`;
}

// What an exchange on the wire was about.
import { expect } from 'vitest';

import { type Exchange, isDryRun, type RecordingTransport } from '../../../src/runtime/testing/recording-transport.ts';
import { eventually } from './eventually.ts';

type Line = Pick<Exchange, 'method' | 'path'>;

export function isWatch({ path }: Line): boolean {
  return new URLSearchParams(path.split('?')[1]).has('watch');
}

export function isStatusWrite({ method, path }: Line): boolean {
  return method !== 'GET' && resourceOf(path).endsWith('/status');
}

/** A write of a child: a StatefulSet, a Service or a claim. */
export function isChildWrite({ method, path }: Line): boolean {
  return isWrite({ method, path }) && /\/(statefulsets|services|persistentvolumeclaims)\//.test(resourceOf(path));
}

/** A write of that member's StatefulSet; of any member's when no name is given. */
export function isStatefulSetWrite({ method, path }: Line, name = ''): boolean {
  return isWrite({ method, path }) && resourceOf(path).includes(`/statefulsets/${name}`);
}

/** `PATCH statefulsets/web-0 200`: short enough to compare in a test. */
export function lineOf({ method, path, status }: Exchange): string {
  const [, resource = resourceOf(path)] = /\/namespaces\/[^/]+\/(.*)$/.exec(resourceOf(path)) ?? [];
  return `${method} ${resource} ${status ?? 'unanswered'}`;
}

/** The writes until now, once each was answered: what a write changes can be read before the answer to it is here. */
export async function answeredWrites(recording: RecordingTransport): Promise<readonly Exchange[]> {
  const writes = recording.writes();
  const isOpen = ({ status, error }: Exchange): boolean => status === undefined && error === undefined;
  await eventually(() => expect(writes.filter(isOpen).map(lineOf)).toEqual([]));
  return writes;
}

function isWrite(line: Line): boolean {
  return line.method !== 'GET' && !isDryRun(line);
}

function resourceOf(path: string): string {
  return path.split('?')[0] ?? '';
}

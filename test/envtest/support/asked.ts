// Least privilege, held against everything that the operators of all envtest files ask: nothing that src/rights.ts does
// not grant, and nothing is granted there that nobody asks. Users' requests and those of the plugin do not count.
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { resourceOf } from '../../../hack/config/roles.ts';
import type { Right } from '../../../src/rights.ts';
import { type Access, createAccessReporter, formatAccess } from '../../../src/runtime/testing/access.ts';
import type { Transport } from '../../../src/runtime/client/transport.ts';

/** One line for each right that a file of tests asked for, in the folder of the control plane that all of them share. */
const FILE = 'asked-rights.txt';

const told = new Set<Access>();

/** To be below the operator of a test: writes down what it asks. `dir` is that of the shared control plane. */
export function noteRights(inner: Transport, dir: string): Transport {
  return createAccessReporter(inner, (access) => {
    if (told.has(access)) return;
    told.add(access);
    appendFileSync(join(dir, FILE), `${access}\n`);
  });
}

/** What the operators of all files asked. */
export function rightsAsked(dir: string): ReadonlySet<Access> {
  try {
    return new Set(readFileSync(join(dir, FILE), 'utf8').trim().split('\n'));
  } catch {
    return new Set(); // no file of this run has an operator
  }
}

/** A line for each difference. `isWhole`: every test has run, so that what nobody asked is not needed. */
export function differences(asked: ReadonlySet<Access>, rights: readonly Right[], isWhole: boolean): readonly string[] {
  const granted = new Set(accessesOf(rights));
  const needed = accessesOf(rights.filter(({ isSilent }) => isSilent === undefined));
  const lacking = [...asked].filter((access) => !granted.has(access));
  const idle = isWhole ? needed.filter((access) => !asked.has(access)) : [];
  return [
    ...lacking.toSorted().map((access) => `the operator asks to ${access}, which src/rights.ts does not grant`),
    ...idle.toSorted().map((access) => `src/rights.ts grants to ${access}, which no operator of the tests has asked`),
  ];
}

/** What the rights let their holder do. */
export function accessesOf(rights: readonly Right[]): readonly Access[] {
  return rights.flatMap((right) => right.verbs.map((verb) => formatAccess(verb, right.kind.group, resourceOf(right))));
}

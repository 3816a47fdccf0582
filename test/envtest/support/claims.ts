// What became of the claims, in the order in which the API server stored it.
import { isTerminating } from '../../../src/kube/object.ts';
import { claimsOf } from '../../../src/kube/pods.ts';
import type { Truth } from './truth.ts';

/** One line for each claim that was deleted, or that somebody asked to be. */
export function deletedClaims({ claims }: Truth): readonly string[] {
  const gone = claims.moments.filter(({ type, object }) => type === 'DELETED' || isTerminating(object));
  return [...new Set(gone.map(({ object }) => `${object.metadata.name} ${object.metadata.uid}`))];
}

/** One line for each pod that was made while a claim of its was going away, or was not there. */
export function doomedMounts({ pods, claims }: Truth): readonly string[] {
  const usable = new Set<string>();
  const found: string[] = [];
  const known = new Set<string>();
  const steps = [
    ...claims.moments.map(({ at, type, object }) => ({
      at,
      take: () => {
        if (type === 'DELETED' || isTerminating(object)) usable.delete(object.metadata.name);
        else usable.add(object.metadata.name);
      },
    })),
    ...pods.moments.map(({ at, object }) => ({
      at,
      take: () => {
        const { uid, name } = object.metadata;
        const isNew = !known.has(uid);
        known.add(uid);
        const lost = isNew ? claimsOf(object).filter((claim) => !usable.has(claim)) : [];
        for (const claim of lost) found.push(`${at}: pod ${name} made on claim ${claim}`);
      },
    })),
  ].toSorted((a, b) => a.at - b.at);
  for (const { take } of steps) take();
  return found;
}

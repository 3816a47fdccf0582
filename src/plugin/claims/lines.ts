// Retained claims as a table. Pure.
import type { Look } from '../output.ts';
import { age, table } from '../text.ts';
import type { RetainedClaim } from './retained.ts';

export function claimTable(claims: readonly RetainedClaim[], { palette, now }: Look): readonly string[] {
  const header = ['NAME', 'SIZE', 'CLASS', 'FORMER OWNER', 'MOUNTED BY', 'RETAINED', 'AGE', 'UID'];
  const rows = claims.map((claim) => [
    claim.name,
    claim.size ?? '?',
    classOf(claim),
    claim.owner?.name ?? '?',
    usersOf(claim),
    claim.retainedSince === undefined ? '-' : age(claim.retainedSince, now),
    age(claim.createdAt, now),
    claim.uid,
  ]);
  return table([header.map((text) => ({ text, paint: palette.dim })), ...rows]);
}

function classOf({ storageClass }: RetainedClaim): string {
  return storageClass === undefined ? '-' : storageClass || '""';
}

function usersOf({ mountedBy, isDeleting }: RetainedClaim): string {
  const users = mountedBy === undefined ? '?' : mountedBy.join(',') || '-';
  return isDeleting ? `${users} (deleting)` : users;
}

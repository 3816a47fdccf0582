// Content hashes: the same content gives the same name on every machine, in every release.
import { hash } from 'node:crypto';

/** JSON with object keys in code-point order and without absent (`undefined`) members. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** The first 10 hexadecimal digits of the SHA-256 of `canonicalJson(value)`: fits a label, a name and a short column. */
export function hashOf(value: unknown): string {
  return hash('sha256', canonicalJson(value)).slice(0, 10);
}

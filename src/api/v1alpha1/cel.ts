// A rule of the CRD, and the CEL that more than one of them needs.
import { GROUP } from './names.ts';

export interface Rule {
  /** Stable, kebab-case; says what is so when the rule holds. */
  readonly id: string;
  /** The field that is `self`: `''` is the object, `[]` an item of a list. */
  readonly at: string;
  /** CEL. With `oldSelf` it is checked only on updates. */
  readonly rule: string;
  readonly message: string;
  /**
   * CEL of a string that takes the place of `message`, where a value helps. The server estimates its cost from the bounds of
   * its parts: the object's name, the keys of a map and `string(number)` have none, and are refused; `'%d'.format([number])`
   * is not.
   */
  readonly messageExpression?: string;
  /** The field to blame, relative to `at`; `at` itself when absent. */
  readonly fieldPath?: string;
  readonly reason?: 'FieldValueForbidden' | 'FieldValueInvalid' | 'FieldValueRequired';
}

/** Of labels and annotations. */
export const RESERVED_PREFIX = `${GROUP}/`;
/** CEL: whether a map has a key that is ours. */
export const hasReservedKey = `self.exists(key, key.startsWith('${RESERVED_PREFIX}'))`;
const sizes = (has: string, list: string, size: string) => `(${has} ? ${list}.map(${size}).sum() : 0)`;
/** CEL: characters in the commands, arguments and environment of a list of containers. */
export const bulkOf = (containers: string) =>
  `${containers}.map(c, ${[
    sizes('has(c.args)', 'c.args', 'arg, arg.size()'),
    sizes('has(c.command)', 'c.command', 'part, part.size()'),
    sizes('has(c.env)', 'c.env', 'e, has(e.value) ? e.value.size() : 0'),
  ].join(' + ')}).sum()`;

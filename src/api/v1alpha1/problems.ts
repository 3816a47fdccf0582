// What is wrong with a spec, told as a person would: the field, its value, the limit and the remedy.
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Characters of a value that are shown. */
const MAX_VALUE = 64;

/** One line for each field that is wrong, about its narrowest limit. The paths of the issues begin below `input`. */
export function describeIssues(issues: readonly Issue[], input: unknown): readonly string[] {
  const byField = new Map(issues.map((issue) => [formatPath(issue.path), issue]));
  return [...byField].map(([field, issue]) => describeIssue(field, issue, valueAt(input, issue.path)));
}

/** `spec.replicas is 300: at most 256; set it lower or use several NodeDeployments`. */
function describeIssue(field: string, issue: Issue, value: unknown): string {
  if (value === undefined) return `${field} is missing: it is required; set it`;
  const { limit, remedy } = rule(issue);
  return `${describeValue(field, value)}: ${limit}; ${REMEDIES[`${field} ${issue.code}`] ?? remedy}`;
}

/** `spec.a[0].b is "c"`: cut, and whatever a terminal would not show as it is escaped. */
export function describeValue(field: string, value: unknown): string {
  return `${field} is ${show(value)}`;
}

function show(value: unknown): string {
  const text = (JSON.stringify(value) ?? 'missing').replace(UNPRINTABLE, escapeUnit);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}

/** All but printable ASCII: look-alikes, marks that turn the direction of a line, halves of pairs. */
const UNPRINTABLE = /[^\x20-\x7e]/g;
const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** `spec.service.ports[0].port`; a key that is no name of a field as `spec.a["b.c/d"]`, cut and escaped as a value. */
function formatPath(path: Path): string {
  const next = (part: PropertyKey): string => {
    if (typeof part === 'number') return `[${part}]`;
    return /^\w{1,63}$/.test(String(part)) ? `.${String(part)}` : `[${show(String(part))}]`;
  };
  return `spec${path.map(next).join('')}`;
}

export function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => {
    return typeof value === 'object' && value !== null && Object.hasOwn(value, part)
      ? Reflect.get(value, part)
      : undefined;
  }, input);
}

/** Remedies that the schema cannot know. */
const REMEDIES: Readonly<Record<string, string>> = {
  'spec.replicas too_big': 'set it lower or use several NodeDeployments',
};

/** Of the narrowest limit that is passed: `at most 256`. */
export function limitOf(issue: Issue): string {
  return rule(issue).limit;
}

function rule(issue: Issue): { readonly limit: string; readonly remedy: string } {
  if (issue.code === 'too_big') {
    const unit = unitOf(issue.origin);
    return { limit: `at most ${issue.maximum}${unit}`, remedy: unit === '' ? 'set it lower' : 'shorten it' };
  }
  if (issue.code === 'too_small') {
    return { limit: `at least ${issue.minimum}${unitOf(issue.origin)}`, remedy: 'set it higher' };
  }
  if (issue.code === 'invalid_value') {
    return { limit: `not one of ${issue.values.join(', ')}`, remedy: 'choose one of them' };
  }
  const limit = issue.code === 'invalid_type' ? `not a value of type ${issue.expected}` : issue.message;
  return { limit, remedy: 'correct it' };
}

const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' items', map: ' entries' };

function unitOf(origin: string): string {
  return UNITS[origin] ?? '';
}

// The flags of every command, in one table: their parsing, their limits and their lines in `--help`.
import { z } from 'zod';

import { parseDuration } from '../runtime/duration.ts';

/** Up to 63 lower-case letters, digits and `-` (RFC 1123), as names of namespaces are. */
const namespace = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);

export interface FlagHelp {
  /** The one-letter form, without `-`. */
  readonly short?: string;
  /** Stands for the value; a flag without one is on or off. */
  readonly value?: string;
  readonly description: string;
  /** Completes “must be …”. */
  readonly allowed?: string;
  readonly byDefault?: string;
}

/** What was given, by the flag's name in camel case; a flag without a value is `''`. */
export const FLAGS = z.object({
  namespace: namespace.optional(),
  context: z.string().min(1).optional(),
  kubeconfig: z.string().min(1).optional(),
  output: z.enum(['json']).optional(),
  purge: z.string().min(1).optional(),
  yes: z
    .string()
    .optional()
    .transform((given) => given !== undefined),
  toRevision: z
    .string()
    .regex(/^[1-9]\d{0,15}$/)
    .transform(Number)
    .optional(),
  timeout: z
    .string()
    .transform((text) => (text === '0' ? 0 : parseDuration(text)))
    .pipe(z.number())
    .optional(),
});

export type Options = z.output<typeof FLAGS>;
export type FlagName = keyof Options;

export const FLAG_HELP: Readonly<Record<FlagName, FlagHelp>> = {
  namespace: {
    short: 'n',
    value: 'NAME',
    description: 'the namespace',
    allowed: 'the name of a namespace',
    byDefault: "the context's",
  },
  context: {
    value: 'NAME',
    description: 'the context of the kubeconfig',
    allowed: 'a name',
    byDefault: 'the current one',
  },
  kubeconfig: {
    value: 'FILE',
    description: 'how to reach the API server',
    allowed: 'the path of a kubeconfig',
    byDefault: '$KUBECONFIG or ~/.kube/config',
  },
  output: { short: 'o', value: 'json', description: 'print one JSON document instead of text', allowed: 'json' },
  purge: {
    value: 'UID',
    description: 'delete exactly this retained claim, after a confirmation',
    allowed: 'the uid of a claim, as the list shows it',
  },
  yes: { description: 'purge without asking' },
  toRevision: {
    value: 'N',
    description: 'the revision to go back to',
    allowed: 'a number from the history',
    byDefault: 'the one before',
  },
  timeout: {
    value: 'TIME',
    description: 'give up after this time; 0 never does',
    allowed: 'a duration such as 90s, 10m or 1h30m, or 0',
    byDefault: '0',
  },
};

/** Flags that every command has. */
export const COMMON_FLAGS: readonly FlagName[] = ['namespace', 'context', 'kubeconfig', 'output'];

/** `toRevision` → `to-revision`. */
export function flagOf(name: FlagName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

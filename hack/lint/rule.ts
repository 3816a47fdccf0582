// What the rules share: oxlint's types, which it exports only as part of its RuleTester, and paths and names in code.
import { relative, resolve, sep } from 'node:path';
import type { RuleTester } from 'oxlint/plugins-dev';

export type Rule = Exclude<Parameters<RuleTester['run']>[1], { createOnce: unknown }>;
export type Context = Parameters<Rule['create']>[0];
export type Visitor = ReturnType<Rule['create']>;
/** The node that a visitor's method receives. */
export type Node<K extends keyof Visitor> = Parameters<NonNullable<Visitor[K]>>[0];

/** The folder that holds package.json. */
export const repository = resolve(import.meta.dirname, '../..');

/** The linted file, from the top of the repository, with `/`. */
export function pathOf(context: Context): string {
  return fromTop(context.filename);
}

/** An absolute path, from the top of the repository, with `/`. */
export function fromTop(path: string): string {
  return relative(repository, path).split(sep).join('/');
}

/** The text of a string literal or of a template without holes. */
export function textOf(node: Node<'ExpressionStatement'>['expression']): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}

/** The member that an expression reads, if the code says: `a.name`, `a['name']`. */
export function memberName({ computed, property }: Node<'MemberExpression'>): string | undefined {
  if (computed) return textOf(property);
  return property.type === 'Identifier' ? property.name : undefined;
}

/** What the code calls an object: `writer`, `this.writer`, `this.#writer`, `clients.writer`. */
export function nameOf(node: Node<'MemberExpression'>['object']): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression') return undefined;
  return node.property.type === 'PrivateIdentifier' ? node.property.name : memberName(node);
}

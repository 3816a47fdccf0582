// nodefleet/no-status-write: one file writes status, and one place asks it to. Outside of them this rule refuses the
// method and the function by name (call, `['computed']` member, destructuring, import) and any string that is a path of
// the status subresource. Why: only `patchStatus` locks a status on the version it was computed from.
import { isTestCode } from './layers.ts';
import { memberName, pathOf, textOf, type Node, type Rule } from './rule.ts';

interface Guarded {
  readonly files: ReadonlySet<string>;
  readonly instead: string;
}

const client = ['src/runtime/client/status.ts', 'src/runtime/client/object-client.ts'];

const guarded: Readonly<Record<string, Guarded>> = {
  mergePatchStatus: {
    files: new Set(client),
    instead: 'call patchStatus (src/runtime/client/status.ts), which locks on the resourceVersion',
  },
  patchStatus: {
    files: new Set([...client, 'src/controller/report.ts']),
    instead: 'return the status from summarize; src/controller/report.ts writes it, once per reconcile',
  },
};

const statusPath = /\/status(?=$|[?/])/;

export const noStatusWriteRule: Rule = {
  create(context) {
    const path = pathOf(context);
    if (!path.startsWith('src/') || isTestCode(path)) return {};
    const check = (node: { range: [number, number] }, name: string | undefined) => {
      const entry = name !== undefined && Object.hasOwn(guarded, name) ? guarded[name] : undefined;
      if (entry !== undefined && !entry.files.has(path)) {
        context.report({ node, message: `${path} may not use ${name}: ${entry.instead}.` });
      }
    };
    const checkPath = (node: { range: [number, number] }, text: string) => {
      if (statusPath.test(text) && !client.includes(path)) {
        context.report({
          node,
          message: `${path} may not name a /status path: ${guarded['mergePatchStatus']?.instead}.`,
        });
      }
    };
    return {
      MemberExpression: (node) => check(node, memberName(node)),
      ImportSpecifier: (node) => check(node, moduleName(node.imported)),
      ExportSpecifier: (node) => check(node, moduleName(node.local)),
      ObjectPattern(node) {
        for (const property of node.properties) if (property.type === 'Property') check(property, keyName(property));
      },
      Literal(node) {
        if (typeof node.value === 'string') checkPath(node, node.value);
      },
      TemplateElement: (node) => checkPath(node, node.value.raw),
    };
  },
};

function moduleName(name: Node<'ImportSpecifier'>['imported']): string {
  return name.type === 'Identifier' ? name.name : name.value;
}

function keyName({ computed, key }: Extract<Node<'ObjectPattern'>['properties'][number], { type: 'Property' }>) {
  if (key.type === 'PrivateIdentifier') return undefined;
  return key.type === 'Identifier' && !computed ? key.name : textOf(key);
}

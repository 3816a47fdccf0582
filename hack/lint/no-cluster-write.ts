// nodefleet/no-cluster-write: only src/controller/execute.ts changes objects of the cluster, from a plan that passed
// checkInvariants. Outside of it and of the runtime this rule refuses the type ObjectWriter and the use of its methods on
// anything called `writer`. main.ts may name the type: it hands the writer to execute.ts.
//
// The kubectl plugin does what a person asks for and has no plan: its few writes are typed functions in
// src/plugin/edits.ts. In the rest of src/plugin/ the rule also refuses every method of HTTP that is not GET.
import { isTestCode } from './layers.ts';
import { memberName, nameOf, pathOf, type Node, type Rule } from './rule.ts';

const methods: ReadonlySet<string | undefined> = new Set(['apply', 'patchFinalizers', 'delete']);

const httpWrites: ReadonlySet<unknown> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

const edits = 'src/plugin/edits.ts';

const instead = 'add an action to the plan (src/domain/plan.ts); src/controller/execute.ts carries it out';

export const noClusterWriteRule: Rule = {
  create(context) {
    const path = pathOf(context);
    if (!path.startsWith('src/') || path.startsWith('src/runtime/') || isTestCode(path)) return {};
    if (path === 'src/controller/execute.ts') return {};
    const refuse = (node: { range: [number, number] }, what: string) =>
      context.report({ node, message: `${path} may not use ${what}: ${instead}.` });
    return {
      ImportSpecifier(node) {
        const { imported } = node;
        const name = imported.type === 'Identifier' ? imported.name : imported.value;
        if (name === 'ObjectWriter' && path !== 'src/main.ts') refuse(node, 'ObjectWriter');
      },
      MemberExpression(node) {
        const method = memberName(node);
        if (methods.has(method) && isWriter(node.object)) refuse(node, `writer.${method}`);
      },
      Literal(node) {
        const isEdit = path.startsWith('src/plugin/') && path !== edits && httpWrites.has(node.value);
        if (!isEdit) return;
        context.report({ node, message: `${path} may not send a ${String(node.value)}: add a function to ${edits}.` });
      },
      VariableDeclarator(node) {
        if (node.id.type === 'ObjectPattern' && node.init && isWriter(node.init))
          refuse(node, 'the methods of a writer');
      },
    };
  },
};

/** `writer`, `this.writer`, `this.#writer`, `clients.objectWriter`. */
function isWriter(node: Node<'MemberExpression'>['object']): boolean {
  const name = nameOf(node);
  return name !== undefined && /^(object)?writer$/i.test(name);
}

// What rights an exchange with an API server takes, as its authorizer sees it (Kubernetes v1.36, RequestInfo).
import type { HttpRequest, Transport } from '../client/transport.ts';

/** `patch nodefleet.dev/nodedeployments/status`; the core group is left out: `get pods`. */
export type Access = string;

export function formatAccess(verb: string, group: string, resource: string): Access {
  return `${verb} ${group === '' ? '' : `${group}/`}${resource}`;
}

/** Undefined for what is no resource: discovery, health, metrics. */
export function accessOf({ method, path }: Pick<HttpRequest, 'method' | 'path'>): Access | undefined {
  const [resource = '', query] = path.split('?', 2);
  const found = /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/[^/]+)?\/([^/]+)(?:\/([^/]+)(?:\/(.+))?)?$/.exec(
    resource,
  );
  if (found === null) return undefined;
  const [, group = '', plural = '', name, subresource] = found;
  const verb = verbOf(method, name !== undefined, new URLSearchParams(query));
  return formatAccess(verb, group, subresource === undefined ? plural : `${plural}/${subresource}`);
}

function verbOf(method: HttpRequest['method'], hasName: boolean, query: URLSearchParams): string {
  switch (method) {
    case 'GET':
      if (hasName) return 'get';
      return query.get('watch') === 'true' ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return hasName ? 'delete' : 'deletecollection';
  }
}

/** Passes everything on, and tells what right each exchange took. An apply that makes an object takes two. */
export function createAccessReporter(inner: Transport, report: (access: Access) => void): Transport {
  const tell = (request: HttpRequest): void => {
    const access = accessOf(request);
    if (access !== undefined) report(access);
  };
  return {
    request: async (request) => {
      tell(request);
      const response = await inner.request(request);
      if (request.method === 'PATCH' && response.status === 201) tell({ ...request, method: 'POST' });
      return response;
    },
    stream: (request) => {
      tell(request);
      return inner.stream(request);
    },
    close: () => inner.close(),
  };
}

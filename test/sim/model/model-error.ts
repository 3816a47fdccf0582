// The refusals of the model, as a server words them.
import type { HttpResponse } from '../../../src/runtime/client/transport.ts';
import type { Kind } from '../../../src/kube/kinds.ts';
import { typeOf } from './document.ts';

export class ModelError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: object;

  constructor(code: number, reason: string, message: string, details: object = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  response(): HttpResponse {
    const { code, reason, message, details } = this;
    return { status: code, headers: {}, body: JSON.stringify(statusOf({ code, reason, message, details })) };
  }
}

function statusOf(fields: object): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', ...fields };
}

const about = (kind: Kind, name: string) => ({ name, group: kind.group, kind: kind.plural });

export function notFound(kind: Kind, name: string): ModelError {
  return new ModelError(404, 'NotFound', `${typeOf(kind)} "${name}" not found`, about(kind, name));
}

export function conflict(kind: Kind, name: string, why = 'the object has been modified'): ModelError {
  const message = `Operation cannot be fulfilled on ${typeOf(kind)} "${name}": ${why}`;
  return new ModelError(409, 'Conflict', message, about(kind, name));
}

export function alreadyExists(kind: Kind, name: string): ModelError {
  return new ModelError(409, 'AlreadyExists', `${typeOf(kind)} "${name}" already exists`, about(kind, name));
}

/** Of an object that is to be made in a namespace that is being deleted. */
export function ending(kind: Kind, name: string): ModelError {
  const why = 'unable to create new content in namespace default because it is being terminated';
  const causes = [
    { reason: 'NamespaceTerminating', field: 'metadata.namespace', message: 'namespace default is being terminated' },
  ];
  return new ModelError(403, 'Forbidden', `${typeOf(kind)} "${name}" is forbidden: ${why}`, {
    ...about(kind, name),
    causes,
  });
}

export function invalid(kind: Kind, name: string, field: string, message: string): ModelError {
  const causes = [{ reason: 'FieldValueInvalid', field, message }];
  return new ModelError(422, 'Invalid', `${kind.kind} "${name}" is invalid: ${field}: ${message}`, {
    ...about(kind, name),
    causes,
  });
}

/** Of an object that is wrong in several places. */
export function unfit(kind: Kind, name: string, fields: readonly string[]): ModelError {
  const causes = fields.map((field) => ({ reason: 'FieldValueInvalid', field, message: 'does not fit' }));
  return new ModelError(422, 'Invalid', `${kind.kind} "${name}" is invalid: ${fields.join(', ')}: does not fit`, {
    ...about(kind, name),
    causes,
  });
}

export function badRequest(message: string): ModelError {
  return new ModelError(400, 'BadRequest', message);
}

export function expired(message: string): ModelError {
  return new ModelError(410, 'Expired', message);
}

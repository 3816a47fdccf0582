// What a plan may ask the API server besides which volumes are free: what it would say of a new template, and what an old
// one was. Nothing is changed by asking.
//
// Errors: a Conflict where what was observed has moved on. A refusal of the template (403, 422, or an object that does
// not fit the schema) is the answer; everything else is thrown.
import type { Check, Recall } from '../domain/actions.ts';
import type { Observed, TemplateRefusal } from '../domain/observed.ts';
import { CONTROLLER_REVISION } from '../kube/kinds.ts';
import { type ApiError, isForbidden, isInvalid, isMisfit, isQuotaExceeded } from '../runtime/client/api-error.ts';
import type { ObjectChecker, ObjectReader } from '../runtime/client/interfaces.ts';

/** Asks by a dry run: admission, quota and validation have their say, and nothing is stored. */
export async function verdictOn(
  checker: ObjectChecker,
  { kind, object, fence, fieldManager }: Check,
): Promise<NonNullable<Observed['verdict']>> {
  try {
    await checker.checkApply(kind, object, fence, fieldManager);
    return 'accepted';
  } catch (error) {
    if (!isForbidden(error) && !isInvalid(error) && !isMisfit(error)) throw error;
    return { reason: reasonOf(error), message: error.detail };
  }
}

function reasonOf(error: ApiError): TemplateRefusal['reason'] {
  if (!isForbidden(error)) return 'InvalidTemplate';
  return isQuotaExceeded(error) ? 'QuotaExceeded' : 'Forbidden';
}

/** The records of templates, with the data of the recalled one; without it, if it is gone by now. */
export async function recall(
  reader: ObjectReader,
  { key }: Recall,
  records: Observed['revisions'],
): Promise<Observed['revisions']> {
  const live = await reader.get(CONTROLLER_REVISION, key);
  const others = records.filter(({ metadata }) => metadata.name !== key.name);
  return live === undefined ? others : [...others, live];
}

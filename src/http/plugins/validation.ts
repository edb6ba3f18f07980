/** Checks requests with zod and names each fault by its path. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { serializerCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BoonError, type FieldError } from '../../contracts/errors.ts';
import { faultWords, isMissing } from '../../contracts/fault-words.ts';

const NO_QUERY = z.strictObject({});
const WORDS = { error: faultWords, reportInput: true };

async function validation(app: FastifyInstance): Promise<void> {
  app.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => (value) => {
    // The framework says `null` where there is no body; a body that is `null` has been refused before.
    const given = httpPart === 'body' && value === null ? undefined : value;
    const parsed = schema.safeParse(given, WORDS);
    return parsed.success ? { value: parsed.data } : { error: validationError(parsed.error.issues) };
  });
  app.setSerializerCompiler(serializerCompiler);
  // A query parameter that a route does not know is a mistake of the caller's, `?as_off=` say.
  app.addHook('onRoute', (route) => {
    if (route.schema !== undefined && route.schema.hide !== true) route.schema.querystring ??= NO_QUERY;
  });
}

/** The refusal of a request that does not fit its schema. */
function validationError(issues: readonly z.core.$ZodIssue[]): BoonError {
  const errors = issues.flatMap((issue) => faultsOf(issue, []));
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const where = first === undefined || first.path === '' ? 'The request' : first.path;
  return new BoonError('validation_failed', `${where}: ${first?.message ?? 'is not valid'}${more}.`, {
    errors,
  });
}

function faultsOf(issue: z.core.$ZodIssue, outer: readonly PropertyKey[]): FieldError[] {
  const path = [...outer, ...issue.path];
  if (isMissing(issue)) return [fault(path, 'is required')];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => fault([...path, key], 'is not a field of this request'));
  }
  if (issue.code === 'invalid_union') {
    const branch = closestBranch(issue.errors);
    if (branch !== undefined) return branch.flatMap((inner) => faultsOf(inner, path));
  }
  return [fault(path, issue.message)];
}

/** The alternative that the caller most likely meant: the one with the fewest faults. */
function closestBranch(branches: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  return branches.filter((branch) => branch.length > 0).sort((a, b) => a.length - b.length)[0];
}

function fault(path: readonly PropertyKey[], message: string): FieldError {
  return { path: path.map(String).join('.'), message };
}

export default fp(validation, { name: 'validation' });

/** Who may call a route; declared in its `config`, checked before anything else. */
import type { FastifyRequest } from 'fastify';
import type { ZodType } from 'zod';
import { covers, type Scope } from '../../contracts/accounts/scopes.ts';
import { BoonError } from '../../contracts/errors.ts';
import type { Principal } from './principal.ts';

/**
 * `public`: everybody. `codex_client`: end users only, each for the account that their Codex client names. `credits_link`:
 * whoever has an add-credits link, as the end user whom it was given for. Otherwise the scope a service needs, and whether an end user may call it at all.
 */
export type Access = 'public' | 'codex_client' | 'credits_link' | { scope: Scope; endUser: boolean };

export type Documented = {
  /** Whom a route lets in that is `public` and looks at its callers itself. */
  access?: Access;
  /** A body that is checked by its signature, over its bytes, and not by a schema. */
  signedBody?: ZodType;
  /** Left out: each is required. */
  headers?: { name: string; required?: boolean; description: string; schema: Record<string, unknown> }[];
  /** Whether answers have an `ETag`. */
  isTagged?: boolean;
};

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** Called so often that a call that succeeds is logged at `debug` only. */
    frequent?: boolean;
    /** What the OpenAPI document says where the route itself does not. */
    documented?: Documented;
    /** Whether a call needs an Idempotency-Key, or may have one. */
    idempotency?: 'required' | 'optional';
  }
  interface FastifyRequest {
    /** Set on every route that is not public; read it by {@link callerOf}. */
    principal: Principal | null;
  }
}

/** Only services with this scope. */
export function services(scope: Scope): Access {
  return { scope, endUser: false };
}

/** Services with this scope, and end users for themselves. */
export function servicesAndOwner(scope: Scope): Access {
  return { scope, endUser: true };
}

/** Refuses (`forbidden`) a caller that the route is not for. */
export function requireAccess(access: Exclude<Access, string>, principal: Principal): void {
  if (principal.kind === 'user') {
    if (!access.endUser) {
      const fix = 'Call it from your backend with an API key.';
      throw new BoonError('forbidden', 'This call is for services, not for end users.', { fix });
    }
  } else if (!covers(principal.scopes, access.scope)) {
    throw new BoonError('forbidden', `The API key lacks the scope ${access.scope}.`);
  }
}

/** The authenticated caller of a request. */
export function callerOf(request: FastifyRequest): Principal {
  if (request.principal === null)
    throw new BoonError('unauthorized', 'This call needs an API key or a token.');
  return request.principal;
}

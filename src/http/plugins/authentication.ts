/** Finds out who calls: an API key or an end user's token in `Authorization: Bearer …`, or an add-credits link. */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { BoonError } from '../../contracts/errors.ts';
import type { CreditsLink } from '../../payments/credits-link.ts';
import { requireAccess } from '../access.ts';
import type { KeyRing } from '../key-ring.ts';
import type { Principal } from '../principal.ts';
import type { TokenVerifier } from '../token-verifier.ts';

type AuthenticationOptions = {
  keyRing: KeyRing;
  tokens: TokenVerifier;
  creditsLink: CreditsLink;
  clock: () => Date;
};

/** A signed or unsigned JWT: three parts, the first of which begins a JSON object. */
export const JWT = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

async function authentication(app: FastifyInstance, options: AuthenticationOptions): Promise<void> {
  app.decorateRequest('principal', null);
  app.addHook('onRequest', async (request, reply) => {
    const { access } = request.routeOptions.config;
    if (access === 'public' || request.is404) return;
    if (access === 'credits_link') {
      const accountId = options.creditsLink.accountOf(request.query, options.clock());
      request.principal = { kind: 'user', accountId };
      return;
    }
    try {
      request.principal =
        access === 'codex_client'
          ? await authenticateCodexClient(request.headers, options)
          : await authenticate(request.headers.authorization, options);
    } catch (error) {
      if (error instanceof BoonError && error.code === 'unauthorized')
        reply.header('www-authenticate', 'Bearer');
      throw error;
    }
    // A route that forgot to say who may call it is closed to everybody.
    if (access === undefined) throw new BoonError('forbidden', 'This call is not open to anybody.');
    if (access !== 'codex_client') requireAccess(access, request.principal);
  });
}

async function authenticate(header: string | undefined, options: AuthenticationOptions): Promise<Principal> {
  const credential = bearerOf(header);
  return JWT.test(credential)
    ? options.tokens.verify(credential, options.clock())
    : options.keyRing.find(credential, options.clock());
}

async function authenticateCodexClient(
  headers: IncomingHttpHeaders,
  { tokens, clock }: AuthenticationOptions,
): Promise<Principal> {
  const account = headers['chatgpt-account-id'];
  const header = typeof account === 'string' && account !== '' ? account : undefined;
  return tokens.verifyCodexClient(bearerOf(headers.authorization), header, clock());
}

/** The credential of an `Authorization` header. @throws BoonError `unauthorized` when there is none. */
export function bearerOf(header: string | undefined): string {
  const credential = /^Bearer +([\x21-\x7e]+)$/i.exec(header ?? '')?.[1];
  if (credential !== undefined) return credential;
  throw new BoonError('unauthorized', 'The call has no `Authorization: Bearer …` header.');
}

export default fp(authentication, { name: 'authentication' });

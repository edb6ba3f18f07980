/** Finds out who calls: an API key or an end user's token in `Authorization: Bearer …`, or an add-credits link. */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { BoonError } from '../../contracts/errors.ts';
import type { CreditsLink } from '../../payments/credits-link.ts';
import { type Access, requireAccess } from '../callers/access.ts';
import type { KeyRing } from '../callers/key-ring.ts';
import type { Principal } from '../callers/principal.ts';
import type { TokenVerifier } from '../callers/token-verifier.ts';

type AuthenticationOptions = {
  keyRing: KeyRing;
  tokens: TokenVerifier;
  creditsLink: CreditsLink;
  clock: () => Date;
};

const BEARER = 'Bearer ';

/** A signed or unsigned JWT: three parts, the first of which begins a JSON object. */
export const JWT = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

async function authentication(app: FastifyInstance, options: AuthenticationOptions): Promise<void> {
  app.decorateRequest('principal', null);
  app.addHook('onRequest', (request, reply, done) => {
    const { access } = request.routeOptions.config;
    if (access === 'public' || request.is404) return done();
    if (access === 'credits_link') {
      const accountId = options.creditsLink.accountOf(request.query, options.clock());
      request.principal = { kind: 'user', accountId };
      return done();
    }
    const service = rememberedService(access, request.headers.authorization, options);
    if (service !== undefined) {
      admit(request, access, service);
      return done();
    }
    identify(access, request, options)
      .then((principal) => admit(request, access, principal))
      .catch((error) => {
        if (error instanceof BoonError && error.code === 'unauthorized')
          reply.header('www-authenticate', 'Bearer');
        throw error;
      })
      .then(() => done(), done);
  });
}

type Checked = Exclude<Access, 'public' | 'credits_link'> | undefined;

function admit(request: FastifyRequest, access: Checked, principal: Principal): void {
  request.principal = principal;
  // A route that forgot to say who may call it is closed to everybody.
  if (access === undefined) throw new BoonError('forbidden', 'This call is not open to anybody.');
  if (access !== 'codex_client') requireAccess(access, principal);
}

/** A service that called a moment ago is let in without a turn of the event loop. */
function rememberedService(
  access: Checked,
  header: string | undefined,
  { keyRing, clock }: AuthenticationOptions,
): Principal | undefined {
  if (access === 'codex_client' || header?.startsWith(BEARER) !== true) return undefined;
  return keyRing.remembered(header.slice(BEARER.length), clock());
}

async function identify(
  access: Checked,
  { headers, ip }: FastifyRequest,
  options: AuthenticationOptions,
): Promise<Principal> {
  if (access === 'codex_client') return authenticateCodexClient(headers, options);
  const credential = bearerOf(headers.authorization);
  return JWT.test(credential)
    ? options.tokens.verify(credential, options.clock())
    : options.keyRing.find(credential, options.clock(), ip);
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

/** End users' tokens: JWTs of the operator's identity provider (OIDC), checked against its published keys. */
import { createRemoteJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { BoonError } from '../../contracts/errors.ts';
import { AccountIdSchema } from '../../contracts/primitives.schema.ts';
import { codexCaller } from '../codex/client-claims.ts';
import type { UserPrincipal } from './principal.ts';

export type TokenSettings = {
  jwksUrl: string | undefined;
  issuer: string | undefined;
  audience: string | undefined;
  /** Claim that holds the account's id. */
  accountClaim: string;
  /** Takes tokens without checking their signature: for local use only. */
  trustUnsigned: boolean;
  /** What a token of an operator says, who may read what is encrypted in Temporal; unset: no token is one. */
  operatorClaim?: { name: string; value: string } | undefined;
};

export interface TokenVerifier {
  /** Rejects with `unauthorized`, saying what is wrong with the token, or `unavailable` when the keys cannot be had. */
  verify(token: string, now: Date): Promise<UserPrincipal>;
  /**
   * The caller of a Codex client's request, by its token and its header that names an account. Rejects as `verify`
   * does, and with `not_found` when the header names an account that the token does not.
   */
  verifyCodexClient(token: string, accountHeader: string | undefined, now: Date): Promise<UserPrincipal>;
  /** Rejects as `verify` does, and with `forbidden` when the token is not an operator's. */
  requireOperator(token: string, now: Date): Promise<void>;
}

/** How far the identity provider's clock may be from ours. */
const CLOCK_TOLERANCE_SECONDS = 5;

export function createTokenVerifier(settings: TokenSettings): TokenVerifier {
  const claims = claimsReader(settings);
  return {
    async verify(token, now) {
      return { kind: 'user', accountId: accountOf(await claims(token, now), settings.accountClaim) };
    },
    async verifyCodexClient(token, accountHeader, now) {
      const caller = codexCaller(await claims(token, now), settings.accountClaim, accountHeader);
      if (caller === undefined) throw invalid('it names no account');
      return caller;
    },
    async requireOperator(token, now) {
      const { name, value } = settings.operatorClaim ?? {};
      const claim = name === undefined ? undefined : (await claims(token, now))[name];
      if (value === undefined || ![claim].flat().includes(value)) {
        throw new BoonError('forbidden', 'This call is for operators: the token does not name one.', {
          fix: 'Use a token of an operator, or an API key with the scope payloads:decode.',
        });
      }
    },
  };
}

function claimsReader(settings: TokenSettings): (token: string, now: Date) => Promise<JWTPayload> {
  if (settings.jwksUrl !== undefined) return signedClaims(settings, settings.jwksUrl);
  if (settings.trustUnsigned) return async (token, now) => unsignedClaims(settings, token, now);
  return async () => {
    throw new BoonError(
      'unauthorized',
      'This server accepts no end users’ tokens: BOON_JWKS_URL is not set.',
    );
  };
}

function signedClaims(settings: TokenSettings, jwksUrl: string) {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 3000 });
  return async (token: string, now: Date): Promise<JWTPayload> => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        currentDate: now,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['exp'],
        ...(settings.issuer === undefined ? {} : { issuer: settings.issuer }),
        ...(settings.audience === undefined ? {} : { audience: settings.audience }),
      });
      return payload;
    } catch (error) {
      throw refusal(error);
    }
  };
}

function unsignedClaims(settings: TokenSettings, token: string, now: Date): JWTPayload {
  let payload: JWTPayload;
  try {
    payload = decodeJwt(token);
  } catch {
    throw invalid('it cannot be read');
  }
  const seconds = now.getTime() / 1000;
  if (payload.exp !== undefined && payload.exp + CLOCK_TOLERANCE_SECONDS <= seconds) throw expired(payload);
  if (payload.nbf !== undefined && payload.nbf - CLOCK_TOLERANCE_SECONDS > seconds)
    throw invalid('it is not valid yet');
  if (settings.issuer !== undefined && payload.iss !== settings.issuer)
    throw invalid('its issuer is another');
  if (settings.audience !== undefined && ![payload.aud].flat().includes(settings.audience))
    throw invalid('it was made for another audience');
  return payload;
}

function refusal(error: unknown): BoonError {
  if (error instanceof errors.JWTExpired) return expired(error.payload);
  if (error instanceof errors.JWTClaimValidationFailed)
    return invalid(`its claim ${error.claim} is not as it must be`);
  if (error instanceof errors.JWSSignatureVerificationFailed) return invalid('its signature is not right');
  if (error instanceof errors.JWKSNoMatchingKey)
    return invalid('its key is not among the identity provider’s keys');
  if (
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSMultipleMatchingKeys
  )
    return invalid('it is not a token this server can check');
  return new BoonError('unavailable', 'The identity provider’s keys are not available just now.', {
    cause: error,
  });
}

function expired(payload: JWTPayload): BoonError {
  const at = payload.exp === undefined ? '' : ` at ${new Date(payload.exp * 1000).toISOString()}`;
  return new BoonError('unauthorized', `The token has expired${at}; sign in again.`);
}

function invalid(why: string): BoonError {
  return new BoonError('unauthorized', `The token is not accepted: ${why}.`);
}

function accountOf(payload: JWTPayload, claim: string): string {
  const account = AccountIdSchema.safeParse(payload[claim]);
  if (!account.success) throw invalid(`its claim ${claim} names no account`);
  return account.data;
}

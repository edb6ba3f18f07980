/** Settings that are for one's own machine: anywhere else Boon does not start with them, unless each is accepted by its name. */
import { isIPv4 } from 'node:net';
import type { Logger } from 'pino';
import { type Config, ConfigError } from './config.ts';
import type { RISKS } from './settings.ts';

type RiskName = (typeof RISKS)[number];

/** One setting that is dangerous, what may come of it, and what to set instead. */
type Risk = { name: RiskName; what: string; fix: string };

/** The fewest characters of an API key that somebody chose. */
const LEAST_KEY_LENGTH = 32;

/** Whether others can reach it or rely on it: it has a database of its own, or listens beyond this machine. */
function isExposed({ databaseUrl, host }: Pick<Config, 'databaseUrl' | 'host'>): boolean {
  return databaseUrl !== undefined || !isLoopback(host);
}

/** What is dangerous about these settings, accepted or not. */
function risksOf(config: Config): Risk[] {
  const { jwt, apiKey, encryptionKey, smtpUrl } = config;
  const risks: (Risk | false | undefined)[] = [
    jwt.trustUnsigned && {
      name: 'unsigned-tokens',
      what: 'BOON_TRUST_UNSIGNED_TOKENS is true: anybody can speak for any end user',
      fix: 'Unset it, and set BOON_JWKS_URL, BOON_JWT_ISSUER and BOON_JWT_AUDIENCE.',
    },
    config.demoPayments === true && {
      name: 'demo-payments',
      what: 'BOON_DEMO_PAYMENTS is true: credits are sold and no money moves',
      fix: 'Unset it, and set STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET to sell packages.',
    },
    apiKey !== undefined &&
      apiKey.length < LEAST_KEY_LENGTH && {
        name: 'short-api-key',
        what: `BOON_API_KEY has ${apiKey.length} characters: it can be guessed`,
        fix: `Use at least ${LEAST_KEY_LENGTH} random ones; \`openssl rand -hex 32\` makes such a key.`,
      },
    jwt.jwksUrl !== undefined &&
      isClearText(jwt.jwksUrl, 'http:') && {
        name: 'jwks-over-http',
        what: 'BOON_JWKS_URL is read over http: whoever is on the way can put in keys of their own',
        fix: 'Use its https address.',
      },
    jwt.jwksUrl !== undefined &&
      (jwt.issuer === undefined || jwt.audience === undefined) && {
        name: 'tokens-of-others',
        what: 'BOON_JWT_ISSUER or BOON_JWT_AUDIENCE is not set: tokens that were made for other services are accepted too',
        fix: 'Set both.',
      },
    smtpUrl !== undefined &&
      isClearText(smtpUrl, 'smtp:') &&
      new URL(smtpUrl).searchParams.get('ignoreTLS') === 'true' && {
        name: 'clear-text-mail',
        what: 'BOON_SMTP_URL switches TLS off: claim links go through the network in clear text',
        fix: 'Take ignoreTLS out of it: STARTTLS is then required.',
      },
    encryptionKey !== undefined &&
      new Set(encryptionKey).size < 8 && {
        name: 'weak-encryption-key',
        what: 'BOON_ENCRYPTION_KEY is not random: addresses and claim tokens are as good as not encrypted',
        fix: 'Make one with `openssl rand -base64 32`.',
      },
  ];
  return risks.filter((risk): risk is Risk => typeof risk === 'object');
}

/** @throws ConfigError with every risk that is not accepted, where others can reach this Boon or rely on it. */
export function refuseRisks(config: Config): void {
  if (!isExposed(config)) return;
  const refused = risksOf(config).filter(({ name }) => !config.acceptRisks.includes(name));
  if (refused.length === 0) return;
  const names = [...config.acceptRisks, ...refused.map(({ name }) => name)].join(',');
  throw new ConfigError([
    ...refused.map(({ what, fix }) => `${what}. ${fix}`),
    `To start all the same, for a trial say: BOON_ACCEPT_RISKS=${names}`,
  ]);
}

/** Says at every start what somebody has accepted, or does on their own machine. */
export function warnOfRisks(config: Config, logger: Pick<Logger, 'warn'>): void {
  for (const { name, what } of risksOf(config))
    logger.warn({ risk: name }, `${what}. Never do this in production.`);
}

/** Whether a URL names a way without TLS to another machine. */
export function isClearText(url: string, protocol: 'http:' | 'smtp:'): boolean {
  const { protocol: used, hostname } = new URL(url);
  return used === protocol && !isLoopback(hostname);
}

function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}

/** Every setting of the services: its variable, what it takes, its default and what it is for. */
import { z } from 'zod';
import { TASK_QUEUE } from './contracts/temporal.ts';
import { GIFT_PROCESSES } from './domain/gift-processes.ts';
import { httpUrl, namesOf, networks, origins, text, wholeNumber } from './setting-types.ts';

/** Settings that are for one's own machine, by the names under which they are accepted elsewhere; see `risks.ts`. */
export const RISKS = [
  'unsigned-tokens',
  'demo-payments',
  'short-api-key',
  'jwks-over-http',
  'tokens-of-others',
  'clear-text-mail',
  'weak-encryption-key',
] as const;

/** One entry per variable. `secret` values are never printed. */
export const SettingsSchema = z.object({
  PORT: wholeNumber(0, 65_535)
    .prefault('8080')
    .meta({ description: 'Port of the HTTP server; 0 takes a free one' }),
  HOST: text('must be an address to listen on such as 127.0.0.1')
    .prefault('127.0.0.1')
    .meta({ description: 'Address that the HTTP server listens on; 0.0.0.0 in a container' }),
  DATABASE_URL: z
    .url({
      protocol: /^postgres(ql)?$/,
      error: 'must be a URL such as postgresql://user:password@host:5432/boon',
    })
    .optional()
    .meta({
      description: 'PostgreSQL 15 or newer; unset: an embedded server in the data folder',
      secret: true,
    }),
  BOON_DATABASE_POOL: wholeNumber(2, 200)
    .prefault('10')
    .meta({ description: 'Most connections to PostgreSQL of one process' }),
  BOON_DRAIN_SECONDS: wholeNumber(0, 300).prefault('5').meta({
    description:
      'How long a server keeps serving after SIGTERM while /readyz says 503, so that a load balancer sees it drain before it closes',
  }),
  TEMPORAL_ADDRESS: text('must be host:port')
    .regex(/^[^\s/]+:\d{1,5}$/, 'must be host:port, without a scheme')
    .optional()
    .meta({
      description:
        'Temporal server as host:port; unset: a local one. The rest of the connection comes from Temporal’s own settings: TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS, TEMPORAL_TLS_*_PATH, or a profile by TEMPORAL_PROFILE and TEMPORAL_CONFIG_FILE',
    }),
  BOON_TEMPORAL_PORT: wholeNumber(0, 65_535)
    .prefault('7233')
    .meta({ description: 'Port of the local Temporal server; 0 takes a free one' }),
  BOON_TEMPORAL_UI_PORT: wholeNumber(0, 65_535)
    .prefault('8233')
    .meta({ description: 'Port of the local Temporal Web UI; 0 takes a free one' }),
  BOON_TASK_QUEUE: text('must be the name of a task queue')
    .prefault(TASK_QUEUE)
    .meta({ description: 'Task queue that workers poll and gifts are started on' }),
  BOON_GIFT_PROCESSES: z.enum(GIFT_PROCESSES, { error: 'must be each or batched' }).prefault('each').meta({
    description:
      'Which gifts have workflows of their own: each, or batched: pending gifts between accounts are settled together every ten seconds. The same for servers and workers; may be changed at any time',
  }),
  BOON_SETTLEMENT_PARTS: wholeNumber(1, 64).prefault('1').meta({
    description:
      'With batched: in how many parts, by sender, gifts are settled side by side; as many as there are workers, say',
  }),
  BOON_START_QUEUE: wholeNumber(1, 1_000_000).prefault('10000').meta({
    description:
      'How many processes of accepted gifts, referrals and the like may wait in one server to be started, about 1 kB each; what finds no room is started by the schedule `boon-reconcile`',
  }),
  BOON_START_CONCURRENCY: wholeNumber(1, 1_000).prefault('16').meta({
    description:
      'How many of these one server starts at once; one after the other while it is busy with requests',
  }),
  BOON_WORKER_DEPLOYMENT: text('must be the name of a worker deployment')
    .regex(/^[^.]+$/, 'must not contain a dot')
    .optional()
    .meta({
      description:
        'Name of the worker deployment, for worker versioning; set with BOON_BUILD_ID or not at all',
    }),
  BOON_BUILD_ID: text('must be the id of this build')
    .optional()
    .meta({ description: 'Id of this build of the worker; set with BOON_WORKER_DEPLOYMENT or not at all' }),
  BOON_DATA_DIR: text('must be a folder')
    .prefault('.boon')
    .meta({ description: 'Folder of the embedded servers’ data and of the local encryption key' }),
  BOON_CACHE_DIR: text('must be a folder').optional().meta({
    description:
      'Folder for what is fetched once a machine, such as Temporal’s server; unset: `boon` in XDG_CACHE_HOME, else in ~/.cache',
  }),
  BOON_TEMPORAL_CLI: text('must be the path of an executable').optional().meta({
    description:
      'The Temporal CLI with which a local Temporal server is started; unset: the one on the PATH, else one that is fetched',
  }),
  BOON_TEMPORAL_TEST_SERVER: text('must be the path of an executable').optional().meta({
    description: 'Temporal’s time-skipping server for `boon/testing`; unset: one that is fetched',
  }),
  BOON_ENCRYPTION_KEY: z
    .string()
    .transform((value) => Buffer.from(value, 'base64'))
    .refine(
      (key) => key.length === 32,
      'must be 32 random bytes in base64; make one with: openssl rand -base64 32',
    )
    .optional()
    .meta({
      description:
        'Encrypts e-mail addresses and claim tokens: 32 bytes in base64, the same for servers and workers. Needed with DATABASE_URL; unset: made in the data folder',
      secret: true,
    }),
  BOON_TEMPORAL_ENCRYPTION: z
    .enum(['personal', 'all'], { error: 'must be personal or all' })
    .prefault('personal')
    .meta({
      description:
        'What is encrypted before it reaches Temporal: payloads that hold what somebody wrote (personal), or all',
    }),
  BOON_PAYLOAD_KEYS: z
    .string()
    .transform((value) => value.split(',').map((key) => Buffer.from(key.trim(), 'base64')))
    .refine(
      (keys) => keys.every((key) => key.length === 32),
      'must be keys of 32 random bytes in base64, with commas between them',
    )
    .optional()
    .meta({
      description:
        'Keys of what is encrypted in Temporal: the first encrypts, each decrypts. Unset: one derived from BOON_ENCRYPTION_KEY, which always decrypts',
      secret: true,
    }),
  BOON_TEMPORAL_UI_ORIGINS: origins('https://temporal.example.com').optional().meta({
    description: 'Where Temporal’s Web UI is served from: its pages may call the codec endpoint, `/codec`',
  }),
  BOON_CORS_ORIGINS: origins('https://app.example.com').optional().meta({
    description:
      'Origins of pages that may call the API from a browser, with end users’ tokens; unset: none of another origin',
  }),
  BOON_API_KEY: text('must not be empty')
    .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
    .max(500, 'must be at most 500 characters')
    .optional()
    .meta({
      description: 'Bootstrap operator key with every scope; unset: made at the first start and printed once',
      secret: true,
    }),
  BOON_JWKS_URL: httpUrl()
    .optional()
    .meta({ description: 'Keys that end users’ tokens are signed with (JWKS)' }),
  BOON_JWT_ISSUER: text('must not be empty')
    .optional()
    .meta({ description: 'Issuer (`iss`) that a token must name' }),
  BOON_JWT_AUDIENCE: text('must not be empty').optional().meta({
    description:
      'Audience (`aud`) that a token must name; set it, or tokens made for other services are accepted',
  }),
  BOON_JWT_ACCOUNT_CLAIM: text('must not be empty')
    .prefault('sub')
    .meta({ description: 'Claim of the token that holds the account’s id' }),
  BOON_OPERATOR_CLAIM: z
    .string()
    .regex(/^[^=\s]+=\S+$/, 'must be a claim and its value such as groups=boon-operators')
    .transform((text) => ({ name: text.split('=', 1)[0] ?? '', value: text.slice(text.indexOf('=') + 1) }))
    .optional()
    .meta({
      description:
        'What an operator’s token says, as claim=value: with it the Web UI reads what is encrypted in Temporal',
    }),
  BOON_TRUST_UNSIGNED_TOKENS: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .transform((value) => value === 'true')
    .prefault('false')
    .meta({ description: 'Take end users’ tokens without checking their signature. For local use only' }),
  BOON_POLICY: text('must be a path')
    .optional()
    .meta({ description: 'JSON file merged over the shipped policy; unset: the shipped policy' }),
  BOON_STORY: z.enum(['on', 'off', 'again'], { error: 'must be on, off or again' }).prefault('on').meta({
    description:
      'Whether the local start plays the story: on, once for its data; off, never; again, once more (`npm run story`)',
  }),
  BOON_SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: 'must be a URL such as smtp://user:password@host:587' })
    .optional()
    .meta({
      description:
        'Mail server for claim links; unset: the local start writes mails as files into the data folder, a worker by itself sends none and the link is in the API’s answer only',
      secret: true,
    }),
  BOON_MAIL_FROM: text('must be a mail sender such as Boon <boon@example.com>')
    .prefault('Boon <boon@localhost>')
    .meta({ description: 'Sender of mails' }),
  BOON_URL: httpUrl()
    .optional()
    .meta({ description: 'Where the `boon` command finds the HTTP server; unset: the local one' }),
  BOON_PUBLIC_URL: httpUrl()
    .optional()
    .meta({ description: 'Base of claim links; unset: http://localhost and the port' }),
  STRIPE_API_KEY: text('must not be empty').optional().meta({
    description:
      'Secret or restricted key of Stripe, with which packages are sold; unset: see BOON_DEMO_PAYMENTS',
    secret: true,
  }),
  STRIPE_WEBHOOK_SECRET: text('must be the signing secret of a webhook endpoint')
    .regex(/^whsec_/, 'must begin with whsec_')
    .optional()
    .meta({
      description:
        'Signing secret of the webhook endpoint at Stripe, /v1/webhooks/stripe; set with STRIPE_API_KEY',
      secret: true,
    }),
  STRIPE_API_BASE: httpUrl()
    .optional()
    .meta({ description: 'Where Stripe’s API is; unset: Stripe’s own. For tests against a stand-in' }),
  BOON_DEMO_PAYMENTS: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .transform((value) => value === 'true')
    .optional()
    .meta({
      description:
        'Sell packages by a demonstration in which no money moves: anybody who may buy gets credits for nothing. Unset: only `npm start` with its own database does, unless Stripe is set up',
    }),
  BOON_ADD_CREDITS_URL: text('must be a URL such as https://example.com/credits?account={account}')
    .refine(
      (template) => /^https?:/.test(template) && URL.canParse(template.replaceAll('{account}', 'account')),
      'must be a URL such as https://example.com/credits?account={account}',
    )
    .optional()
    .meta({
      description:
        'Your own page for adding credits, with {account} in the account’s place; unset: Boon serves one at /credits',
    }),
  BOON_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
      error: 'must be trace, debug, info, warn, error or silent',
    })
    .prefault('info')
    .meta({ description: 'Least level of log lines' }),
  BOON_RATE_LIMIT: wholeNumber(0, 100_000_000)
    .prefault('60000')
    .meta({ description: 'Requests a minute of one API key, in each server process; 0: no limit' }),
  BOON_USER_RATE_LIMIT: wholeNumber(0, 100_000_000)
    .prefault('600')
    .meta({ description: 'Requests a minute of one end user, in each server process; 0: no limit' }),
  BOON_WRONG_KEY_LIMIT: wholeNumber(0, 100_000_000).prefault('100').meta({
    description:
      'Wrong API keys a minute from one address, in each server process, after which none that is new there is looked up; 0: no limit. See BOON_TRUSTED_PROXIES',
  }),
  BOON_TRUSTED_PROXIES: networks().optional().meta({
    description:
      'Addresses or networks of the proxies in front of the HTTP server, whose X-Forwarded-For says where a request came from; unset: none',
  }),
  BOON_DEMO_MODEL: z
    .enum(['on', 'off'], { error: 'must be on or off' })
    .transform((value) => value === 'on')
    .prefault('off')
    .meta({
      description:
        'Whether the HTTP server serves a demonstration of a metered model call to Codex clients: a canned reply that charges usage',
    }),
  BOON_ACCEPT_RISKS: namesOf(RISKS)
    .optional()
    .meta({
      description: `Dangerous settings with which Boon starts all the same, beside DATABASE_URL or with a HOST that others reach: ${RISKS.join(', ')}`,
    }),
  BOON_METRICS_PORT: wholeNumber(0, 65_535).optional().meta({
    description: 'Port of the worker’s /metrics, /healthz and /readyz; unset: the worker serves none',
  }),
});

/** One row of the settings' table. */
export type Setting = { name: string; description: string; default: string | undefined; secret: boolean };

/** Every setting with its default as text, for `boon doctor` and the documentation. */
export function settings(): Setting[] {
  return Object.entries(SettingsSchema.shape).map(([name, schema]) => {
    const { description = '', secret } = schema.meta() ?? {};
    return { name, description, default: defaultOf(schema), secret: secret === true };
  });
}

function defaultOf(schema: z.ZodType): string | undefined {
  const value = schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined;
  return typeof value === 'string' ? value : undefined;
}

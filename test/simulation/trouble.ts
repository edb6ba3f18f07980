/** What goes wrong on the way to the ledger and back. A call that is in trouble must come out as if it were not. */
import { AssertionError } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import { BoonError } from '../../src/contracts/errors.ts';
import type { VersionedPolicy } from '../../src/domain/policy.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Client, World } from './world.ts';

/**
 * `lost answer`: the caller does not hear the answer and asks again, another client. `killed`: the connections end while
 * it is asked. `both at once`: two clients ask it at the same moment. `late copy`: a copy of it arrives some steps later.
 */
export type Trouble = 'lost answer' | 'killed' | 'both at once' | 'late copy';

type Method = keyof Ledger;
type Call = (...args: unknown[]) => Promise<unknown>;
type Outcome = { value: unknown } | { error: unknown };

/** Written under a key: the same answer again, word for word. */
const RECORDED: ReadonlySet<string> = new Set<Method>([
  'grant',
  'acceptGift',
  'actOnGift',
  'grantResets',
  'invite',
  'useLink',
  'actOnReferral',
  'raiseCap',
  'createCampaign',
  'actOnCampaign',
]);
/** Of these the answer tells how it stands by now, or that it is known. */
const REPEATABLE: ReadonlySet<string> = new Set<Method>([
  ...(RECORDED as ReadonlySet<Method>),
  'beginPurchase',
  'beginRefund',
  'hearOfPayment',
  'hearOfRefund',
  'correctRefunded',
  'noteCheckout',
  'redeemReset',
  'recordActivity',
  'rewardReferral',
  'advanceGifts',
  'advanceGiftPage',
  'advanceGift',
  'putAccount',
  'closeBillingMonth',
  'payInvoice',
  'correctInvoice',
  'hearOfInvoice',
]);
/** A copy of these may come at any time: what it says is a state with its own key or id. */
const MAY_COME_LATE: ReadonlySet<string> = new Set<string>([
  ...RECORDED,
  'beginPurchase',
  'beginRefund',
  'payInvoice',
  'correctInvoice',
]);
/** Of these only one caller hears what it did, and nobody can tell which: they are made again one after the other. */
const TOLD_ONCE: ReadonlySet<string> = new Set<Method>(['redeemReset', 'recordActivity']);
/** Refusals that are not kept under their key: what is missing may come. */
const PASSING: ReadonlySet<string> = new Set(['not_found', 'validation_failed', 'unavailable']);

type Copy = { name: string; args: unknown[]; outcome: Outcome; policy: keyof Client };

export class Troubles {
  readonly #world: World;
  /** What the step is in; its first call is hit. */
  #trouble: Trouble | undefined;
  #client = 0;
  readonly #copies: Copy[] = [];
  readonly #known = new Set<string>();
  /** Every account that is put, whoever does it. */
  onPut: (id: string, put: Parameters<Ledger['putAccount']>[1], at: string) => void = () => undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** The calls that follow are the client's. */
  begin(client: number, trouble: Trouble | undefined): void {
    this.#client = client;
    this.#trouble = trouble;
  }

  /** The ledger as a part of the world knows it: whichever client's turn it is, and with the trouble of the step. */
  ledger(policy: keyof Client): Ledger {
    return new Proxy({} as Ledger, {
      get: (_, name) => {
        if (name === 'usePolicy')
          return (used: VersionedPolicy, at: string) =>
            Promise.all(this.#world.clients.map((client) => client[policy].usePolicy(used, at)));
        return (...args: unknown[]) => this.#call(String(name), args, policy);
      },
    });
  }

  /** Copies on their way arrive now, the last sent first. */
  async arrive(): Promise<void> {
    for (const { name, args, outcome, policy } of this.#copies.splice(0).toReversed()) {
      const again = await this.#ask(name, args, policy, this.#client);
      if (isRepeated(name, args, outcome)) sameAnswer(name, args, outcome, again);
      else if ('error' in again && !(again.error instanceof BoonError && again.error.status < 500))
        throw again.error;
    }
  }

  async #call(name: string, args: unknown[], policy: keyof Client): Promise<unknown> {
    let trouble = REPEATABLE.has(name) ? this.#trouble : undefined;
    if (trouble !== undefined) this.#trouble = undefined;
    if (trouble !== undefined && TOLD_ONCE.has(name)) trouble = 'lost answer';
    const outcome = await this.#in(trouble, name, args, policy);
    if (name === 'putAccount' && !('error' in outcome)) {
      const [id, put, at] = args as Parameters<Ledger['putAccount']>;
      this.onPut(id, put, at);
    }
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  async #in(
    trouble: Trouble | undefined,
    name: string,
    args: unknown[],
    policy: keyof Client,
  ): Promise<Outcome> {
    const client = this.#client;
    const other = (client + 1) % this.#world.clients.length;
    const wasKnown = this.#known.has(keyOf(args) ?? '');
    switch (trouble) {
      case undefined:
        return await this.#ask(name, args, policy, client);
      case 'lost answer': {
        const lost = await this.#ask(name, args, policy, client);
        const heard = await this.#ask(name, args, policy, other);
        if (isRepeated(name, args, lost)) sameAnswer(name, args, lost, heard);
        return lost;
      }
      case 'both at once': {
        const [one, two] = await Promise.all([
          this.#ask(name, args, policy, client),
          this.#ask(name, args, policy, other),
        ]);
        if (isRepeated(name, args, one)) sameAnswer(name, args, one, two);
        return asFirst('error' in one ? two : one, wasKnown);
      }
      case 'killed': {
        const [outcome] = await Promise.all([
          this.#ask(name, args, policy, client),
          this.#world.killConnection(client, policy),
        ]);
        // The client may have asked again by itself.
        return asFirst(outcome, wasKnown);
      }
      case 'late copy': {
        const outcome = await this.#ask(name, args, policy, client);
        if (MAY_COME_LATE.has(name) && isKept(outcome)) this.#copies.push({ name, args, outcome, policy });
        return outcome;
      }
    }
  }

  async #ask(name: string, args: unknown[], policy: keyof Client, client: number): Promise<Outcome> {
    const ledger = this.#world.clients[client]?.[policy];
    const method = (ledger as unknown as Record<string, Call> | undefined)?.[name];
    if (ledger === undefined || method === undefined) throw new Error(`no ledger can ${name}`);
    try {
      return this.#note(args, { value: await method.apply(ledger, args) });
    } catch (error) {
      return this.#note(args, { error });
    }
  }

  #note(args: readonly unknown[], outcome: Outcome): Outcome {
    const key = keyOf(args);
    if (key !== undefined && isKept(outcome)) this.#known.add(key);
    return outcome;
  }
}

/** Whether it is answered word for word the same again: what is kept under a key, and every refusal of what has one. */
function isRepeated(name: string, args: readonly unknown[], outcome: Outcome): boolean {
  return RECORDED.has(name) || ('error' in outcome && keyOf(args) !== undefined);
}

/** Whether the ledger keeps it under its key. */
function isKept(outcome: Outcome): boolean {
  if ('value' in outcome) return true;
  const { error } = outcome;
  return error instanceof BoonError && !PASSING.has(error.code) && error.reasonCode !== 'unknown_account';
}

function keyOf(args: readonly unknown[]): string | undefined {
  const key = (args[0] as { key?: unknown } | null)?.key;
  return typeof key === 'string' ? key : undefined;
}

/** Which of two was the first nobody can tell: it is as if this one were. */
function asFirst(outcome: Outcome, wasKnown: boolean): Outcome {
  if (wasKnown) return outcome;
  if ('value' in outcome) {
    const { value } = outcome;
    return isRecorded(value) ? { value: { ...value, replayed: false } } : outcome;
  }
  const { error } = outcome;
  if (error instanceof BoonError && error.replayed)
    return { error: new BoonError(error.code, error.message, { reasonCode: error.reasonCode }) };
  return outcome;
}

function isRecorded(value: unknown): value is { value: unknown; replayed: boolean } {
  return typeof value === 'object' && value !== null && 'replayed' in value;
}

function sameAnswer(name: string, args: unknown[], first: Outcome, again: Outcome): void {
  if (!isKept(first)) return;
  const [one, two] = [first, again].map(said);
  if (!isDeepStrictEqual(one, two))
    throw new AssertionError({
      message: `another answer to the same: ${name} ${JSON.stringify(args)}`,
      expected: one,
      actual: two,
    });
}

/** What was said, apart from whether it was said before. */
function said(outcome: Outcome): unknown {
  if ('value' in outcome) return isRecorded(outcome.value) ? outcome.value.value : outcome.value;
  if (!(outcome.error instanceof BoonError)) return outcome.error;
  return { code: outcome.error.code, reasonCode: outcome.error.reasonCode };
}

/**
 * The provider of payments, as the plain model has it: what went back of each payment, whoever asked for it, and what is
 * disputed. It has one clock, which is nobody else's, and never says two things at the same moment.
 */
type Refund = { id: string; amount: number; failed: boolean; made_at: string };
type Payment = {
  refunds: Refund[];
  disputes: Map<string, { amount: number; status: string }>;
  known: boolean;
};

export class Provider {
  #clock = 0;
  #serial = 0;
  readonly #payments = new Map<string, Payment>();

  /** What its clock shows: later than ever before. */
  moment(now: number): string {
    this.#clock = Math.max(this.#clock + 1, now);
    return new Date(this.#clock).toISOString();
  }

  /** All that it has given back of a purchase. */
  total(purchase: string): number {
    return this.#of(purchase)
      .refunds.filter(({ failed }) => !failed)
      .reduce((sum, { amount }) => sum + amount, 0);
  }

  /** Makes a refund: of its own, or one that Boon asked for. */
  refund(purchase: string, amount: number, made_at: string, id = `re_there_${++this.#serial}`): Refund {
    const refund = { id, amount, failed: false, made_at };
    this.#of(purchase).refunds.push(refund);
    return refund;
  }

  find(purchase: string, id: string): Refund | undefined {
    return this.#of(purchase).refunds.find((one) => one.id === id);
  }

  /** @returns whether that can be: what is closed is not opened again. */
  dispute(purchase: string, id: string, amount: number, status: string): boolean {
    const { disputes } = this.#of(purchase);
    if (status === 'open' && (disputes.get(id)?.status ?? 'open') !== 'open') return false;
    disputes.set(id, { amount, status });
    return true;
  }

  /** Somebody told the ledger something else than this provider would. */
  forget(purchase: string): void {
    this.#of(purchase).known = false;
  }

  /** By purchase, what went back of its money or is being taken back; of those that nothing else was said of. */
  back(): Record<string, number> {
    const known = [...this.#payments].filter(([, payment]) => payment.known);
    return Object.fromEntries(
      known.map(([purchase, { disputes }]) => {
        const disputed = [...disputes.values()].filter(({ status }) => status !== 'won');
        return [purchase, disputed.reduce((sum, { amount }) => sum + amount, this.total(purchase))];
      }),
    );
  }

  #of(purchase: string): Payment {
    const payment = this.#payments.get(purchase) ?? { refunds: [], disputes: new Map(), known: true };
    this.#payments.set(purchase, payment);
    return payment;
  }
}

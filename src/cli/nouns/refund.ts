/** `boon refund`: refunds of purchases, through the API. */
import type { Command } from 'commander';
import { packageText, priceText } from '../../contracts/purchases/purchase.ts';
import type { Refund } from '../../contracts/purchases/refund.ts';
import { apiClient } from '../api.ts';
import { answer, given, keyOf, newCommand, withExamples, withKey } from '../command.ts';
import { moneyIn } from '../money.ts';
import { type Block, fields } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const PURCHASE = 'pur_06bq2n6y3v8k5s7r1x4z9m0c2d';
const REFUND = 'rfd_06bq2n6y3v8k5s7r1x4z9m0c2d';

export function fillRefund(refund: Command, terminal: Terminal): void {
  withExamples(refund, [
    `refund create ${PURCHASE} --reason "bought twice by mistake"`,
    `refund show ${REFUND}`,
  ]);
  for (const make of [create, show]) refund.addCommand(make(terminal));
}

type Create = { reason: string; amount?: string; includeSpent?: true; idempotencyKey?: string };

function create(terminal: Terminal): Command {
  const command = newCommand('create', 'Refund a purchase, and take back what it bought', [
    `refund create ${PURCHASE} --reason "bought twice by mistake"`,
    `refund create ${PURCHASE} --amount 2.80 --reason "thirty credits were used"`,
  ])
    .argument('<purchase>', 'its id')
    .requiredOption('--reason <text>', 'why; it is kept in the record')
    .option(
      '--amount <money>',
      'in the purchase’s currency, such as 2.80; default: all that is left of what was paid',
    )
    .option('--include-spent', 'refund what was spent too; such credits are then owed');
  return withKey(command, 'refunds twice').action(async (id: string, options: Create, command: Command) => {
    const { reason, amount, includeSpent } = options;
    const { purchases } = await apiClient(terminal.env);
    const paid =
      amount === undefined ? undefined : moneyIn((await purchases.get(id)).price.currency, amount, 1);
    const body = { reason, ...given({ amount: paid, include_spent: includeSpent }) };
    const asked = await purchases.refund(id, body, keyOf(options));
    answer(terminal, command, asked, refundBlocks(asked));
  });
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show a refund as it stands', [`refund show ${REFUND}`])
    .argument('<refund>', 'its id; `boon purchase show` names them')
    .action(async (id: string, _options: object, command: Command) => {
      const refund = await (await apiClient(terminal.env)).purchases.getRefund(id);
      answer(terminal, command, refund, refundBlocks(refund));
    });
}

function refundBlocks(refund: Refund): Block[] {
  const { taken_back: taken, owed } = refund;
  return [
    fields({
      refund: refund.id,
      purchase: refund.purchase_id,
      account: refund.account_id,
      amount: priceText(refund.amount),
      status: refund.status,
      'taken back':
        taken.resets > 0 ? packageText({ credits: '0', resets: taken.resets }) : `${taken.credits} credits`,
      owed: owed === '0' ? undefined : `${owed} credits`,
      because: refund.reason_code,
      reason: refund.reason,
      'asked at': refund.created_at,
      'ended at': refund.ended_at,
    }),
  ];
}

import { isBoonApiError } from '../../client/boon-api-error.ts';
import { actOnGift } from '../../contracts/gifts/act-on-gift.ts';
import { holdGiftUpdate } from '../../contracts/gifts/gift-messages.ts';
import type { Transfer } from '../../contracts/gifts/transfer.schema.ts';
import type { Cast } from './cast.ts';
import { claimMailIn } from './claim-link.ts';
import type { Stage } from './stage.ts';
import { SETTLEMENT_SECONDS } from './story-policy.ts';
import { until } from './until.ts';

/** How long after its deadline a gift may take to be settled before the story says that something is wrong. */
const SETTLED_WITHIN_MS = 30_000;

/** Gifts: settled, claimed from a mail, held and released, canceled, refused. */
export async function playGifts(stage: Stage, cast: Cast): Promise<void> {
  const settling = [
    await given(stage, cast),
    await claimedByMail(stage, cast),
    await heldAndReleased(stage, cast),
  ];
  await canceled(stage, cast);
  await refused(stage, cast);
  await settled(stage, cast, settling);
}

function given({ client, narrator }: Stage, { ada, grace }: Cast): Promise<Transfer> {
  return narrator.act('Ada gives Grace 40 credits.', [ada, grace], async () => {
    const to = { account_id: grace.id };
    const gift = await client.transfers.create({ from: ada.id, to, amount: '40', message: 'Well done!' });
    narrator.gift(gift, `: it settles in ${SETTLEMENT_SECONDS} s and is nobody’s until then`);
    return gift;
  });
}

function claimedByMail(stage: Stage, { ada, hedy }: Cast): Promise<Transfer> {
  const { client, narrator } = stage;
  return narrator.act(`Ada gives 15 credits to ${hedy.email}.`, [ada, hedy], async () => {
    const gift = await client.transfers.create({ from: ada.id, to: { email: hedy.email }, amount: '15' });
    narrator.gift(gift);
    const token = await tokenFromMail(stage, gift);
    const claimed = await client.transfers.claim(gift.id, { token, account_id: hedy.id });
    narrator.say(`Hedy claims it with the token of the link: it is ${claimed.status}`);
    return claimed;
  });
}

/** Where mails leave the machine, the API gives the sender's side the same link. */
async function tokenFromMail({ narrator, mailFolder, signal }: Stage, gift: Transfer): Promise<string> {
  if (mailFolder === undefined) {
    narrator.say('the mail with the claim link goes to the mail server');
    return tokenOf(gift.claim_url);
  }
  const { file, token } = await claimMailIn(mailFolder, gift.id, signal);
  narrator.say(`the mail with the claim link: ${file}`);
  return token;
}

function heldAndReleased({ client, temporal, narrator }: Stage, { ada, katherine }: Cast): Promise<Transfer> {
  return narrator.act(
    'Ada gives Katherine 20 credits, and an operator holds the gift.',
    [ada, katherine],
    async () => {
      const gift = await client.transfers.create({
        from: ada.id,
        to: { account_id: katherine.id },
        amount: '20',
      });
      narrator.gift(gift);
      // At once, by an update through Temporal, whether its process runs already or not.
      const held = await actOnGift(temporal, gift.id, holdGiftUpdate, { reason: 'looked at by hand' });
      narrator.say(`the operator holds it: it is ${held.status}, and its clock is stopped`);
      const released = await client.transfers.release(gift.id, { reason: 'all is well' });
      narrator.say(`the operator releases it: it is ${released.status} again`);
      return released;
    },
  );
}

async function canceled({ client, narrator }: Stage, { ada, grace }: Cast): Promise<void> {
  await narrator.act('Ada gives Grace 10 more credits and changes her mind.', [ada, grace], async () => {
    const gift = await client.transfers.create({ from: ada.id, to: { account_id: grace.id }, amount: '10' });
    const { held } = await client.accounts.balance(ada.id);
    narrator.gift(gift, `, and ${held} of Ada’s are held`);
    const { status } = await client.transfers.cancel(gift.id, { reason: 'changed my mind' });
    narrator.say(`she cancels it: it is ${status}, and the credits are back in the lot they came from`);
  });
}

async function refused({ client, narrator }: Stage, { linus, grace }: Cast): Promise<void> {
  await narrator.act(
    'Linus, who is not identity-verified, tries to give Grace 5 credits.',
    [linus, grace],
    async () => {
      try {
        await client.transfers.create({ from: linus.id, to: { account_id: grace.id }, amount: '5' });
      } catch (error) {
        if (!isBoonApiError(error) || error.code !== 'identity_unverified') throw error;
        narrator.say(`refused with ${error.status} ${error.code}: ${error.message}`);
        return;
      }
      throw new Error('Linus is not identity-verified, and his gift was accepted all the same');
    },
  );
}

async function settled(
  stage: Stage,
  { ada, grace, hedy, katherine }: Cast,
  gifts: Transfer[],
): Promise<void> {
  const { narrator } = stage;
  await narrator.act('Their time passes, and the gifts settle.', [ada, grace, hedy, katherine], async () => {
    for (const gift of gifts) {
      const { id, amount, settled_at } = await untilSettled(stage, gift);
      narrator.say(`${id} (${amount}) has settled at ${settled_at}`);
    }
  });
}

async function untilSettled({ client, signal }: Stage, gift: Transfer): Promise<Transfer> {
  const patience = Math.max(Date.parse(gift.settles_at) - Date.now(), 0) + SETTLED_WITHIN_MS;
  const look = () => client.transfers.get(gift.id);
  return await until(look, (now) => now.status === 'settled', { patience, signal });
}

function tokenOf(claimUrl: string | undefined): string {
  const token = claimUrl?.split('#token=')[1];
  if (token === undefined) throw new Error('The API returned no claim link');
  return token;
}

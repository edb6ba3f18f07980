import type { ReferralView } from '../../contracts/referrals/referral.schema.ts';
import { referralWorkflowId } from '../../contracts/referrals/referral.ts';
import { type Cast, type Person, PROGRAM } from './cast.ts';
import type { Stage } from './stage.ts';
import { until } from './until.ts';

const REWARDED_WITHIN_MS = 30_000;

/** Referrals: friends who are new, or were away long enough or not, and a fourth reward in one billing month. */
export async function playReferrals(stage: Stage, cast: Cast): Promise<void> {
  const { mary, alan, edsger, barbara, frances } = cast.friends;
  await stage.narrator.act(`Ada invites Mary, who is new, into ${PROGRAM}.`, [], () =>
    rewarded(stage, cast, mary),
  );
  await stage.narrator.act('She invites Alan, who was away for 63 days.', [], () =>
    rewarded(stage, cast, alan),
  );
  await stage.narrator.act('She invites Edsger, who was away for 62 days.', [], () =>
    notDormant(stage, cast, edsger),
  );
  await stage.narrator.act('She invites Barbara and Frances, who are new.', [], async () => {
    await rewarded(stage, cast, barbara);
    await overTheCap(stage, cast, frances);
  });
  await bank(stage, cast.ada);
}

async function rewarded(stage: Stage, { ada }: Cast, friend: Person): Promise<void> {
  const referral = await qualified(stage, ada, friend);
  stage.narrator.say(`it is ${referral.status}: ${told(referral)}`);
}

async function overTheCap(stage: Stage, { ada }: Cast, friend: Person): Promise<void> {
  const referral = await qualified(stage, ada, friend);
  stage.narrator.say(`it is ${referral.status}, ${referral.reason_code}: ${referral.detail}`);
}

async function notDormant(stage: Stage, { ada }: Cast, friend: Person): Promise<void> {
  const invited = await invite(stage, ada, friend);
  const referral = await stage.client.referrals.linkUsed(invited.id, { account_id: friend.id });
  stage.narrator.say(
    `${friend.name} uses the link: it is ${referral.status}, ${referral.reason_code}: ${referral.detail}`,
  );
}

async function invite({ client, narrator }: Stage, referrer: Person, friend: Person): Promise<ReferralView> {
  const { email } = friend;
  const referral = await client.referrals.create({ program: PROGRAM, referrer_id: referrer.id, email });
  narrator.say(`${referral.id} is ${referral.status}: ${referral.next_step}`);
  narrator.seen(referralWorkflowId(referral.id));
  return referral;
}

/** The friend signs up or in by the link and sends as many prompts as the program requires. */
async function qualified(stage: Stage, referrer: Person, friend: Person): Promise<ReferralView> {
  const { client, narrator, signal } = stage;
  const invited = await invite(stage, referrer, friend);
  const { id } = friend;
  await client.accounts.put(id, { plan: 'free', email: friend.email });
  const joined = await client.referrals.linkUsed(invited.id, { account_id: id });
  narrator.say(`${friend.name} uses the link: it is ${joined.status}. ${joined.next_step}`);
  for (let prompt = 1; prompt <= joined.prompts_required; prompt += 1) {
    const at = new Date().toISOString();
    await client.activity.record({ id: `${id}-prompt-${prompt}`, account_id: id, kind: 'prompt', at });
  }
  narrator.say(`${friend.name} sends ${joined.prompts_required} prompts`);
  const look = () => client.referrals.get(invited.id);
  return await until(look, (now) => now.ended_at !== null || now.status === 'rewarded', {
    patience: REWARDED_WITHIN_MS,
    signal,
  });
}

function told({ rewards }: ReferralView): string {
  return rewards.map(({ account_id, resets }) => `${account_id} gets ${resets} reset`).join('; ');
}

async function bank({ client, narrator }: Stage, { id, name }: Person): Promise<void> {
  const { data: resets } = await client.resets.list(id);
  const available = resets.filter(({ status }) => status === 'available');
  narrator.say(`${name} has ${available.length} resets in the bank:`);
  for (const reset of resets) {
    narrator.say(`  ${reset.id} from ${reset.program ?? reset.source}, until ${reset.expires_at}`);
  }
}

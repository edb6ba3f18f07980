/** One thing that people, operators or time do to referrals, resets and campaigns. Names are numbers, taken modulo. */

/** What a friend did before the link, and how the account came to be. */
export type Friend = 'new' | 'dormant' | 'active' | 'recent login' | 'reported late';

export type ProgramCommand =
  | {
      do: 'friend';
      who: number;
      program: string;
      friend: Friend;
      days: number;
      prompts: number;
      reward: boolean;
    }
  | { do: 'invite'; who: number; program: string; to: number }
  | { do: 'link'; referral: number; who: number; late: number | null }
  | { do: 'activity'; who: number; kind: 'login' | 'prompt'; id: number; shift: number }
  | { do: 'reward' | 'cancel' | 'claw back'; referral: number }
  | { do: 'reward all' }
  | { do: 'raise'; who: number; program: string; months: number; cap: number }
  | { do: 'bank'; who: number; count: number }
  /** Comes by resets, uses, redeems one and asks for it again. */
  | { do: 'spend'; who: number; count: number; units: string; chosen: boolean; again: boolean }
  /** Told so many milliseconds after it. */
  | { do: 'use'; who: number; units: string; late?: number }
  | { do: 'redeem'; who: number; reset: number | null; dry_run: boolean; again: number | null }
  | { do: 'give'; from: number; to: number; reset: number }
  | { do: 'cancel gift'; gift: number }
  | { do: 'settle' | 'sweep' }
  | { do: 'one sweep'; which: number }
  | {
      do: 'campaign';
      kind: 'grant_reset' | 'reset_windows';
      plans: ('plus' | 'pro' | 'free')[] | null;
      ongoing: boolean;
      run: boolean;
    }
  | { do: 'page'; campaign: number; size: number }
  | { do: 'act on campaign'; campaign: number; action: 'pause' | 'resume' | 'cancel' }
  | { do: 'status'; who: number; status: 'active' | 'frozen' | 'closed' }
  | { do: 'change'; who: number; what: 'billing_day' | 'plan' | 'auto_redeem'; value: number }
  | { do: 'repeat'; which: number; changed: boolean }
  /** Milliseconds, or until the next moment at which a rule judges otherwise, or the next expiry of a reset, and so far from it. */
  | { do: 'wait'; for: number | 'next moment' | 'expiry'; off: number };

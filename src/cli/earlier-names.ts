/** Names that commands had before: they keep working. `docs/renamed.md` lists them. */

type Words = readonly string[];

const EARLIER: readonly (readonly [earlier: Words, today: Words])[] = [
  [['invite'], ['referral', 'create']],
  [['redeem'], ['reset', 'redeem']],
  [['report'], ['program', 'report']],
  [['resets'], ['reset']],
  [['referrals'], ['referral']],
  [['invoices'], ['invoice']],
  [['keys'], ['key']],
  [
    ['purchase', 'cases', 'show'],
    ['case', 'show'],
  ],
  [
    ['purchase', 'cases', 'close'],
    ['case', 'close'],
  ],
  [
    ['purchase', 'cases'],
    ['case', 'list'],
  ],
  [
    ['purchase', 'packages'],
    ['package', 'list'],
  ],
  [
    ['purchase', 'refund'],
    ['refund', 'create'],
  ],
];

/** What `grant` is followed by today; before it was the account. */
const GRANT_VERBS = ['create', 'list', 'show', 'help'];

/** The words that follow `boon`, with today's names. */
export function todaysWords(words: Words): string[] {
  const first = words.findIndex((word) => !word.startsWith('-'));
  if (first < 0) return [...words];
  const [before, named] = [words.slice(0, first), words.slice(first)];
  // `boon help redeem` is help on the same command.
  if (named[0] === 'help') return [...before, 'help', ...todaysWords(named.slice(1))];
  const earlier = EARLIER.find(([names]) => names.every((name, place) => named[place] === name));
  if (earlier !== undefined) return [...before, ...earlier[1], ...named.slice(earlier[0].length)];
  const [noun, next, ...rest] = named;
  // It took two words at least: one alone is a verb, or a mistyped one.
  if (noun !== 'grant' || next === undefined || rest.length === 0) return [...words];
  return GRANT_VERBS.includes(next) ? [...words] : [...before, 'grant', 'create', ...named.slice(1)];
}

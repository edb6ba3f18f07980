/** `boon/testing`: Boon on real parts for tests, with a clock that the test moves. Needs no particular test runner. */
export type { CapturedMail } from './captured-mails.ts';
export type { Duration } from './duration.ts';
export type { BoonHarness, PolicyPatch } from './harness.ts';
export type { AccountSeed } from './seed-account.ts';
export { type StartBoonOptions, startBoon } from './start-boon.ts';

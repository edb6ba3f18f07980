/**
 * Before the whole suite: has the machine what its tests run besides Boon? What is missing is fetched or built, once a
 * machine, which takes some minutes that are no test's. A file that is run alone fetches what it needs by itself.
 */
import { LocalSetupError } from '../src/local/setup-error.ts';
import { findTemporalCli } from '../src/local/temporal-binary.ts';
import { findTimeSkippingServer } from '../src/local/time-skipping-binary.ts';
import { findProductionTemporal } from '../test/production/support/production-temporal-binaries.ts';
import { findChromium } from '../test/support/chromium.ts';
import { findJest } from '../test/support/jest.ts';
import { findSchemathesis } from '../test/support/schemathesis.ts';
import { findStripeMock } from '../test/support/stripe-mock.ts';

const PROGRAMS = [
  findTemporalCli,
  findTimeSkippingServer,
  findChromium,
  findJest,
  findSchemathesis,
  findStripeMock,
  findProductionTemporal,
];

for (const find of PROGRAMS) {
  try {
    await find(console.log);
  } catch (error) {
    if (!(error instanceof LocalSetupError)) throw error;
    console.error(`! ${error.message}. Until then the tests that need it fail.`);
  }
}

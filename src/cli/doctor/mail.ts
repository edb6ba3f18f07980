/** The mail server that claim links go through. */
import type { Config } from '../../config.ts';
import { mailServer } from '../../mail-server.ts';
import { type Finding, fault, off, ok, reason } from './finding.ts';

const PATIENCE_MS = 5_000;

export async function checkMail({ smtpUrl }: Config): Promise<Finding> {
  const part = 'mail server';
  if (smtpUrl === undefined) {
    return off(
      part,
      'BOON_SMTP_URL is not set: a local start writes mails as files, a worker by itself sends none',
    );
  }
  const transport = mailServer(smtpUrl, { connectionTimeout: PATIENCE_MS, greetingTimeout: PATIENCE_MS });
  try {
    await transport.verify();
    return ok(part, `${new URL(smtpUrl).host} takes us`);
  } catch (error) {
    return fault(part, `${new URL(smtpUrl).host}: ${reason(error)}`, 'Check BOON_SMTP_URL.');
  } finally {
    transport.close();
  }
}

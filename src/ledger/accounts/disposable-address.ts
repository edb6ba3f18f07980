/** Addresses of providers that give one to anybody for minutes. */
import { disposableEmailBlocklistSet } from 'disposable-email-domains-js';
import { canonicalEmail } from '../../domain/email.ts';

const DOMAINS = disposableEmailBlocklistSet();

/** Whether the address's domain, or one that it belongs to, is on the list. */
export function isDisposable(email: string): boolean {
  const labels = (canonicalEmail(email.trim()) ?? email)
    .slice(email.lastIndexOf('@') + 1)
    .trim()
    .toLowerCase()
    .split('.');
  return labels.some((_, first) => DOMAINS.has(labels.slice(first).join('.')));
}

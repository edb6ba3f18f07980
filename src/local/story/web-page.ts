/** Boon's pages as a browser without JavaScript uses them: looked at, and their forms sent. Redirects are left to the caller. */

export interface WebPage {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Where it redirects to. */
  readonly location: string | null;
}

/** Opens a page as a browser does. */
export async function openPage(url: string): Promise<WebPage> {
  return await ask(url, {});
}

/**
 * Sends the form of a page that holds a text, with its hidden fields and those of the button that is pressed.
 * @throws Error when no form holds it.
 */
export async function sendForm(
  url: string,
  page: WebPage,
  holding: string,
  button: Readonly<Record<string, string>> = {},
): Promise<WebPage> {
  const form = page.text.match(/<form[\s\S]*?<\/form>/g)?.find((one) => one.includes(holding));
  if (form === undefined) throw new Error(`No form of ${url} holds ${holding}: ${page.text}`);
  const [, action = ''] = /action="([^"]*)"/.exec(form) ?? [];
  const body = new URLSearchParams(button);
  for (const [, name = '', value = ''] of form.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
    body.append(name, value);
  }
  return await ask(new URL(action.replaceAll('&amp;', '&'), url).href, { method: 'POST', body });
}

async function ask(url: string, sent: RequestInit): Promise<WebPage> {
  const answer = await fetch(url, { ...sent, redirect: 'manual' });
  const { status, headers } = answer;
  return { status, headers, text: await answer.text(), location: headers.get('location') };
}

/** The Temporal Web UI as an operator uses it: through what is written on its pages. Made for version 2.54. */
import type { Locator, Page } from 'playwright-core';

/** What the tab User Metadata of a gift shows. */
export type Card = { summary: string; details: string; current: string };

/** Ends all movement on a page. */
const STAND_STILL = `document.addEventListener('DOMContentLoaded', () => {
  const style = document.createElement('style');
  style.textContent = '*, *::before, *::after { animation: none !important; transition: none !important }';
  document.head.append(style);
});`;

export class WebUi {
  readonly page: Page;
  readonly #base: string;

  /** @param uiUrl without a trailing slash. */
  constructor(page: Page, uiUrl: string) {
    this.page = page;
    this.#base = `${uiUrl}/namespaces/default`;
    // A machine that is busy with other tests draws a page in seconds.
    page.setDefaultTimeout(30_000);
    // Spinners and pulses are drawn by the processor, sixty times a second.
    void page.emulateMedia({ reducedMotion: 'reduce' });
    void page.addInitScript(STAND_STILL);
  }

  get #list(): string {
    return `${this.#base}/workflows`;
  }

  get #schedules(): string {
    return `${this.#base}/schedules`;
  }

  async openList(): Promise<void> {
    const [open = ''] = this.page.url().split('?');
    if (open.startsWith(`${this.#list}/`)) await this.#follow(this.#list);
    else await this.page.goto(this.#list);
    await this.page.getByTestId('add-filter-button').waitFor();
  }

  /** From a page that shows nothing like it, without loading all anew; from others as an address that is typed. */
  async #enter(url: string, from: string): Promise<void> {
    const [open = ''] = this.page.url().split('?');
    if (open === from || (from === this.#list && open.startsWith(`${from}/`))) await this.#follow(url);
    else await this.page.goto(url);
  }

  /** As a click on one of its links: the Web UI's program is loaded once, and not again for each page. */
  async #follow(url: string): Promise<void> {
    await this.page.evaluate(`{
      const link = document.createElement('a');
      link.href = ${JSON.stringify(url)};
      document.body.querySelector('div').append(link);
      link.click();
      link.remove();
    }`);
    // A workflow's page goes on to the one of its latest run.
    await this.page.waitForURL(({ href }) =>
      url === this.#list ? href.split('?')[0] === url : href.startsWith(url),
    );
  }

  /** Types a query, as it is behind the button `</>`. */
  async search(query: string): Promise<void> {
    await this.openList();
    await this.page.getByTestId('toggle-manual-query').click();
    await this.page.getByPlaceholder('Enter a query').fill(query);
    await this.page.getByRole('button', { name: 'Search', exact: true }).click();
  }

  /** Chooses a search attribute from the list of Add Filter and the value that it must have. */
  async filterBy(attribute: string, value: string): Promise<void> {
    await this.openList();
    await this.page.getByTestId('add-filter-button').click();
    await this.page.getByPlaceholder('Search').filter({ visible: true }).fill(attribute);
    await this.page.getByText(attribute, { exact: true }).filter({ visible: true }).click();
    await this.page.getByPlaceholder('Enter value').fill(value);
    await this.page.getByTestId('apply-filter-button').click();
  }

  /** Changes the columns of the open list. */
  async changeColumns({ add, remove }: { add: string[]; remove: string[] }): Promise<void> {
    await this.page.getByTestId('workflows-summary-table-configuration-button').click();
    const press = (column: string, change: string) =>
      this.page.getByTestId(`orderable-list-item-${column}-${change}-button`).click();
    for (const column of remove) await press(column, 'remove');
    for (const column of add) await press(column, 'add');
    await this.page.getByTestId('drawer-close-button').click();
  }

  /** Workflow ids of the list, the latest first. */
  async listed(): Promise<string[]> {
    const ids = this.page.locator('table').getByRole('link', { name: /^(gift\/|boon-)/ });
    return await ids.allInnerTexts();
  }

  /** Opens a gift's page on its tab History, and waits until a page of a running gift has asked for its updates. */
  async openGift(giftId: string): Promise<void> {
    await this.openWorkflow(`gift/${giftId}`);
  }

  /** The same for any workflow. */
  async openWorkflow(workflowId: string): Promise<void> {
    const asked = this.page
      .waitForResponse((answer) => answer.url().includes('__temporal_workflow_metadata'))
      .catch(() => undefined);
    // From the list, where nothing of another workflow is left on the page.
    const [open = ''] = this.page.url().split('?');
    if (open.startsWith(this.#list)) {
      if (open !== this.#list) await this.openList();
      await this.#follow(`${this.#list}/${encodeURIComponent(workflowId)}`);
    } else await this.page.goto(`${this.#list}/${encodeURIComponent(workflowId)}`);
    await this.page.getByTestId('history-tab').click();
    if (await this.page.getByRole('button', { name: 'Request Cancellation' }).isVisible()) await asked;
  }

  /** A time of the page's head, such as `Execution Start`. */
  async headTime(name: string): Promise<Date> {
    const label = this.page.getByText(name, { exact: true }).first();
    // `Nov 28, 2026, 1:21:51.88 PM UTC`; beside it stands, hidden, how long that is from now.
    const shown = label.locator('xpath=following-sibling::dd[1]//div[contains(@class, "select-all")]');
    return new Date(await textOf(shown));
  }

  /** Opens the tab User Metadata. */
  async openCard(): Promise<void> {
    await this.page.getByTestId('user-metadata-tab').click();
    await this.page.getByRole('heading', { name: 'Current Details' }).waitFor();
  }

  async card(): Promise<Card> {
    const frames = this.page.locator('iframe[title=output]');
    const [summary = '', details = '', current = ''] = await Promise.all(
      [0, 1, 2].map((index) => textOf(frames.nth(index).contentFrame().locator('main'))),
    );
    return { summary, details, current };
  }

  /** The open form of an update. */
  get form(): Locator {
    return this.page.getByRole('dialog').filter({ visible: true });
  }

  async openForm(): Promise<void> {
    await this.page.getByRole('button', { name: 'More Actions' }).click();
    await this.page.getByRole('menuitem', { name: 'Send an Update' }).click();
    await this.form.waitFor();
  }

  async closeForm(): Promise<void> {
    await this.form.getByRole('button', { name: 'Cancel' }).last().click();
    await this.form.waitFor({ state: 'hidden' });
  }

  get #choice(): Locator {
    return this.form.getByTestId('update-select-button');
  }

  /** Shows the names that the form offers. */
  async openChoice(): Promise<void> {
    await this.#choice.click();
    await this.form.getByRole('option').first().waitFor();
  }

  /** Names of the updates that the form offers; undefined where a name must be typed. */
  async offered(): Promise<string[] | undefined> {
    if ((await this.#choice.count()) === 0) return undefined;
    await this.openChoice();
    const names = await this.form.getByRole('option').locator('span').allInnerTexts();
    await this.#choice.click();
    return names;
  }

  /** Fills in the form: chooses the name where the form offers names, else types it. */
  async fillForm(update: string, data?: string): Promise<void> {
    if ((await this.#choice.count()) > 0) {
      await this.openChoice();
      await this.form
        .getByRole('option')
        .filter({ hasText: new RegExp(`^\\s*${update}\\b`) })
        .click();
    } else {
      await this.form.getByTestId('update-name').pressSequentially(update);
    }
    if (data === undefined) return;
    // At once, as from the clipboard: the editor closes brackets and quotes that are typed, which goes wrong on a busy machine.
    await this.form.locator('.cm-content').click();
    await this.page.keyboard.insertText(data);
    // Leaving the box lays the data out anew and moves the buttons: with the mouse, the click would miss.
    await this.page.keyboard.press('Tab');
    await this.page.waitForTimeout(200);
  }

  /** Submits the form. Returns what the page then says: that it worked, or the refusal. */
  async submit(): Promise<string> {
    const worked = this.page.getByText('Update successful').first();
    // What it says of the update before stays for some seconds, on other pages too.
    await worked.waitFor({ state: 'hidden' });
    await this.form.getByRole('button', { name: 'Submit' }).click();
    const refused = this.form.getByRole('alert').filter({ visible: true });
    await worked.or(refused).first().waitFor();
    return (await worked.isVisible()) ? 'Update successful' : await textOf(refused);
  }

  /** Opens the gift's page, sends the update and returns what the page says. */
  async send(giftId: string, update: string, data?: string): Promise<string> {
    return await this.sendTo(`gift/${giftId}`, update, data);
  }

  /** The same for any workflow. */
  async sendTo(workflowId: string, update: string, data?: string): Promise<string> {
    await this.openWorkflow(workflowId);
    await this.openForm();
    await this.fillForm(update, data);
    return await this.submit();
  }

  /** The button of the same name on the open gift's page. */
  async requestCancellation(): Promise<void> {
    await this.page.getByRole('button', { name: 'Request Cancellation' }).click();
    await this.form.getByRole('button', { name: 'Confirm' }).click();
    await this.page.getByText('Workflow canceled').first().waitFor();
  }

  async openSchedules(): Promise<void> {
    await this.#enter(this.#schedules, this.#list);
    await this.page.getByRole('link', { name: 'boon-reconcile' }).waitFor();
  }

  async openSchedule(id: string): Promise<void> {
    await this.#enter(`${this.#schedules}/${id}`, this.#schedules);
    await this.page.getByText('Upcoming Runs').first().waitFor();
  }

  /** Has the open schedule run at once. */
  async trigger(): Promise<void> {
    await this.page.getByRole('button', { name: 'Schedule Actions' }).click();
    await this.page.getByRole('menuitem', { name: 'Trigger' }).click();
    await this.form.getByRole('button', { name: 'Trigger' }).click();
    await this.form.waitFor({ state: 'hidden' });
  }
}

/** What it says, in one line. */
async function textOf(place: Locator): Promise<string> {
  return ((await place.textContent()) ?? '').replace(/\s+/g, ' ').trim();
}

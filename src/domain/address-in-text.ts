/** Something that is written like an e-mail address: the last character before the @, and a domain. */
const ADDRESS = /[A-Za-z0-9_'+-]@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}/;

/** Whether a text holds an e-mail address, wherever in it. */
export function holdsAddress(text: string): boolean {
  return text.includes('@') && ADDRESS.test(text);
}

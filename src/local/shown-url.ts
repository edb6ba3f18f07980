/** A local address by its name, as people know it. */
export function shownUrl(url: string): string {
  return url.replace('//127.0.0.1:', '//localhost:');
}

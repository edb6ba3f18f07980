/** HTML in which what is put in is text, unless it is HTML itself. */
import { escaped } from '../../contracts/html-text.ts';

/** Text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Makes HTML of a template: what is put in is escaped, unless it is HTML; lists are put in line by line. */
export function html(parts: TemplateStringsArray, ...values: (string | Html | readonly Html[])[]): Html {
  return new Html(String.raw({ raw: parts }, ...values.map(asText)));
}

function asText(value: string | Html | readonly Html[]): string {
  if (typeof value === 'string') return escaped(value);
  return value instanceof Html ? value.text : value.map(asText).join('\n');
}

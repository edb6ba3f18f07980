/** The few pages that people see: plain HTML that works without JavaScript, and how they are sent. */
import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS } from '../../contracts/error-codes.ts';
import { refusalOf } from '../plugins/problem.ts';
import { PAGE_HEADERS } from '../plugins/response-headers.ts';
import { Html, html } from './html.ts';

const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; }
  li { display: flex; gap: 1rem; align-items: center; justify-content: space-between; padding: .5rem 0; border-bottom: 1px solid #8886; }
  ul { list-style: none; padding: 0; }
  button { font: inherit; padding: .4rem 1rem; cursor: pointer; }
  .note { border-left: .3rem solid #888; padding-left: .8rem; }
`;
const STYLE_HASH = hash('sha256', STYLE, 'base64');

export type PageParts = { title: string; content: Html };

/**
 * @param formsTo where its forms may lead, besides where it came from; browsers look at what a form is redirected to as well.
 */
export function sendPage(
  reply: FastifyReply,
  { title, content }: PageParts,
  formsTo: readonly string[] = [],
): FastifyReply {
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
  const policy = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action ${["'self'", ...formsTo].join(' ')}; base-uri 'none'; frame-ancestors 'none'`;
  return reply
    .headers({ ...PAGE_HEADERS, 'content-security-policy': policy })
    .type('text/html; charset=utf-8')
    .send(text);
}

/** Lets the routes of a plugin take forms, and answer refusals with a page. */
export function takeForms(app: FastifyInstance): void {
  const type = 'application/x-www-form-urlencoded';
  app.addContentTypeParser<string>(type, { parseAs: 'string', bodyLimit: 4096 }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(body))),
  );
  app.setErrorHandler(sendRefusal);
}

function sendRefusal(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code, status, message } = refusalOf(error);
  if (status >= 500) request.log.error({ reqId: request.id, err: error }, message);
  const { title, fix } = ERRORS[code];
  return sendPage(reply.code(status), {
    title,
    content: html`<p>${message}</p>
<p>${fix}</p>`,
  });
}

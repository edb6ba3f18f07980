/** `client.apiKeys` */
import type {
  ApiKey,
  ApiKeyCreate,
  ApiKeyRotate,
  ApiKeyWithSecret,
} from '../contracts/accounts/api-key.schema.ts';
import type { Caller, CallOptions } from './caller.ts';
import { everyRow, type Page, type PageQuery } from './page.ts';

export class ApiKeys {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** Makes a key. `key` in the answer is shown this once. */
  create(body: ApiKeyCreate, options?: CallOptions): Promise<ApiKeyWithSecret> {
    return this.#call({ method: 'POST', path: '/v1/api-keys', body, once: true }, options);
  }

  list(query: PageQuery = {}, options?: CallOptions): Promise<Page<ApiKey>> {
    return this.#call({ method: 'GET', path: '/v1/api-keys', query }, options);
  }

  listAll(query: PageQuery = {}, options?: CallOptions): AsyncGenerator<ApiKey> {
    return everyRow((page) => this.list(page, options), query);
  }

  /** Replaces a key; the old one keeps working for `grace_seconds`, a day when left out. */
  rotate(id: string, body: ApiKeyRotate = {}, options?: CallOptions): Promise<ApiKeyWithSecret> {
    return this.#call({ method: 'POST', path: `${path(id)}/rotate`, body, once: true }, options);
  }

  async revoke(id: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: 'DELETE', path: path(id) }, options);
  }
}

function path(id: string): string {
  return `/v1/api-keys/${encodeURIComponent(id)}`;
}

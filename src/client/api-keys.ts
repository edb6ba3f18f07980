/** `client.apiKeys` */
import type {
  ApiKey,
  ApiKeyCreate,
  ApiKeyRotate,
  ApiKeyWithSecret,
} from '../contracts/accounts/api-key.schema.ts';
import type { Caller, CallOptions, WriteOptions } from './caller.ts';
import { everyRow, type Page, type PageQuery } from './page.ts';

export class ApiKeys {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /**
   * Makes a key. `key` in the answer is shown this once: when the call is repeated, because its answer was lost say, it is
   * null. Then rotate the key, or revoke it.
   */
  create(body: ApiKeyCreate, options?: WriteOptions): Promise<ApiKeyWithSecret> {
    return this.#post('/v1/api-keys', body, options);
  }

  /** A key that has not been revoked, without its secret. */
  get(id: string, options?: CallOptions): Promise<ApiKey> {
    return this.#call({ method: 'GET', path: path(id) }, options);
  }

  list(query: PageQuery = {}, options?: CallOptions): Promise<Page<ApiKey>> {
    return this.#call({ method: 'GET', path: '/v1/api-keys', query }, options);
  }

  listAll(query: PageQuery = {}, options?: CallOptions): AsyncGenerator<ApiKey> {
    return everyRow((page) => this.list(page, options), query);
  }

  /** Replaces a key; the old one keeps working for `grace_seconds`, a day when left out. `key` as in {@link create}. */
  rotate(id: string, body: ApiKeyRotate = {}, options?: WriteOptions): Promise<ApiKeyWithSecret> {
    return this.#post(`${path(id)}/rotate`, body, options);
  }

  async revoke(id: string, options?: CallOptions): Promise<void> {
    await this.#call({ method: 'DELETE', path: path(id) }, options);
  }

  #post(
    target: string,
    body: object,
    { idempotencyKey, ...options }: WriteOptions = {},
  ): Promise<ApiKeyWithSecret> {
    const key = idempotencyKey ?? crypto.randomUUID();
    return this.#call({ method: 'POST', path: target, body, key }, options);
  }
}

function path(id: string): string {
  return `/v1/api-keys/${encodeURIComponent(id)}`;
}

import type { SearchAttributeType } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { isError } from '../domain/is-error.ts';
import { LocalSetupError } from './setup-error.ts';

/** How to start the time-skipping test server. */
export interface TimeSkippingServerOptions {
  /** The server, from `findTimeSkippingServer`. */
  readonly server: string;
  /** Search attributes to have: without them a start that carries one is refused. */
  readonly searchAttributes?: Readonly<Record<string, SearchAttributeType>>;
}

/** The SDK gives the server 5 seconds to answer and no more; a busy machine may need a second try. */
const MAX_TRIES = 4;

/** The types' numbers in the Temporal API (`IndexedValueType`). */
const INDEXED_VALUE_TYPE: Readonly<Record<SearchAttributeType, number>> = {
  TEXT: 1,
  KEYWORD: 2,
  INT: 3,
  DOUBLE: 4,
  BOOL: 5,
  DATETIME: 6,
  KEYWORD_LIST: 7,
};

/**
 * Starts Temporal's test server, whose clock stands still until somebody sleeps (`environment.sleep`) or awaits a
 * result, and then jumps to what is next. Free it with `environment.teardown()`.
 *
 * @throws LocalSetupError when it does not start
 */
export async function startTimeSkippingServer(
  options: TimeSkippingServerOptions,
): Promise<TestWorkflowEnvironment> {
  const environment = await started(options.server);
  const types = Object.entries(options.searchAttributes ?? {});
  if (types.length === 0) return environment;
  try {
    await environment.connection.operatorService.addSearchAttributes({
      namespace: environment.namespace ?? 'default',
      searchAttributes: Object.fromEntries(types.map(([name, type]) => [name, INDEXED_VALUE_TYPE[type]])),
    });
    return environment;
  } catch (error) {
    await environment.teardown();
    throw error;
  }
}

async function started(path: string): Promise<TestWorkflowEnvironment> {
  for (let tries = 1; ; tries++) {
    try {
      return await TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'existing-path', path } },
      });
    } catch (error) {
      if (tries < MAX_TRIES) continue;
      const reason = isError(error) ? error.message : String(error);
      throw new LocalSetupError(`The time-skipping test server ${path} did not start: ${reason}`);
    }
  }
}

/** What starting a process anew rejects with where its last run failed. The new run has begun all the same. */
export class ProcessFailed extends Error {
  override readonly name = 'ProcessFailed';

  /** @param why the failure of the last run, in words */
  constructor(why: string) {
    super(`its process failed, and was started again: ${why}`);
  }
}

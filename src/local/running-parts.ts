/** The start was called off while it went on. */
export class StartCalledOff extends Error {
  override readonly name = 'StartCalledOff';
}

type Part = { stop: () => Promise<void> };

/** Everything that runs, in the order in which it was started; it stops in the reverse order. */
export class RunningParts {
  readonly #parts: Part[] = [];
  readonly #ended = Promise.withResolvers<string>();
  #stopping: Promise<void> | undefined;

  /** Settles with a sentence when a part has ended without being asked to. */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  /**
   * Adds a part that has just started.
   *
   * @param ended settles when it ends, asked or not, with words for it
   * @throws StartCalledOff when everything is being stopped already; the part has been stopped then
   */
  async add(part: Part, ended?: Promise<string>): Promise<void> {
    if (this.#stopping !== undefined) {
      await part.stop();
      throw new StartCalledOff();
    }
    this.#parts.push(part);
    ended?.then((how) => {
      if (this.#stopping === undefined) this.#ended.resolve(how);
    });
  }

  /** Stops all parts. May be called more than once. @throws what the first part threw that did not stop in order */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopInTurn();
    return this.#stopping;
  }

  async #stopInTurn(): Promise<void> {
    const failures: unknown[] = [];
    for (const part of this.#parts.toReversed()) await part.stop().catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}

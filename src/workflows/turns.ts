/** Taking turns: work that shares state runs one piece after another, in the order in which it was asked for. */

/** Returns a function that runs a piece of work after all those given to it before; each piece keeps its own outcome. */
export function takingTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

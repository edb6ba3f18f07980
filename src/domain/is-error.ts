/**
 * Whether it is an error, whoever made it. A test runner may run our code in a realm of its own, in which Node's errors are
 * no `instanceof` its `Error`; and some libraries make theirs by hand out of `Error.prototype`, which `Error.isError` does
 * not take for one.
 */
export function isError(value: unknown): value is Error {
  return Error.isError(value) || value instanceof Error;
}

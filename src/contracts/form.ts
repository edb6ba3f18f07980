/** One of the forms of a body that has several. In the OpenAPI document each is a schema of its own, so that no other field fits it. */
export type Form = {
  title: string;
  /** Fields that this form needs besides those that all need. */
  needs: readonly string[];
  /** Fields that it does not take. */
  without: readonly string[];
};

/** What the files of a run share: one PostgreSQL and one Temporal server. */

/** The migrated database that every test file's own database is a copy of. */
export const TEMPLATE_DATABASE = 'boon_template';

/** Temporal namespaces, one for each file that asks for one. */
export const TEST_NAMESPACES = Array.from({ length: 40 }, (_, index) => `test-${index + 1}`);

/** Counts the namespaces that were given out. */
export const NAMESPACE_SEQUENCE = 'test_namespaces';

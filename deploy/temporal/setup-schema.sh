#!/bin/sh
# Creates Temporal's two databases, or brings those that exist to this version's schema. Connection: SQL_… variables.
set -eu

for database in temporal temporal_visibility; do
  temporal-sql-tool --db "$database" create
  # Makes the tables of the schema's version; where they are, it leaves them as they are.
  temporal-sql-tool --db "$database" setup-schema -v 0.0
  temporal-sql-tool --db "$database" update-schema --schema-name "postgresql/v12/${database#temporal_}"
done

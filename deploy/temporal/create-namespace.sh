#!/bin/sh
# Creates the namespace, unless it is there. Connection: TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.
set -eu

# By number: for a name the command asks the DNS more than the address, and on some Docker hosts waits in vain
# (https://github.com/temporalio/samples-server/issues/136).
ip=$(getent ahostsv4 "${TEMPORAL_ADDRESS%:*}" | awk '{ print $1; exit }' || true)
export TEMPORAL_ADDRESS="${ip:-${TEMPORAL_ADDRESS%:*}}:${TEMPORAL_ADDRESS##*:}"

temporal operator cluster health
if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION"
fi

#!/bin/sh
# Runs waxseal's verifier against real servers on this machine: SendGrid and Twilio as their OpenAPI documents describe them (Prism
# behind nginx), mail servers (exim, dovecot), and peers that misbehave. Nothing leaves the machine.
#
# Usage: tests/verify-servers.sh WAXSEAL [--demo|--load]
#   WAXSEAL  the built program
#   --demo   only show a scan with all verdicts side by side
#   --load   only measure: 1000 credentials at a server that takes 50 ms for an answer; for a release build
# Exit status: 0 when all did as they should, 1 when one did not, 2 when they could not be set up, 124 when it took 15 minutes.
#
# The servers are fetched into .servers on the first run and then kept; tests/servers/README.md tells more. With
# WAXSEAL_OPENAPI_DIR naming a folder with the providers' own OpenAPI documents, answers come from those, and the description in
# testdata/openapi is held against them; without it, answers come from that description alone.
set -eu

if [ $# -eq 0 ]; then
    echo "usage: $0 WAXSEAL [--demo|--load]" >&2
    exit 2
fi

export PYTHONDONTWRITEBYTECODE=1
servers=$(cd "$(dirname "$0")/servers" && pwd)
"$servers/setup.sh"
python3 "$servers/test_openapi.py" --quiet
if [ -n "${WAXSEAL_OPENAPI_DIR:-}" ]; then
    python3 "$servers/openapi.py" compare "$WAXSEAL_OPENAPI_DIR"
else
    echo "servers: WAXSEAL_OPENAPI_DIR is not set: the description in testdata/openapi is not held against the providers' documents"
fi
# built before the servers run, so that they don't wait for it
(cd "$servers/../.." && cargo test --locked --quiet --test it --no-run)
# whatever hangs: all of it takes two minutes with a debug build on two busy cores
exec timeout --foreground --kill-after=30 900 python3 "$servers/rig.py" -- python3 "$servers/check.py" "$@"

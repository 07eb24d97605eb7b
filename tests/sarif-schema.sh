#!/bin/sh
# Validates SARIF files against the schema of SARIF 2.1.0.
#
# Usage: tests/sarif-schema.sh OUT.sarif...
# Exit status: 0 when all are valid, 1 when one is not, 2 when the check itself could not be set up.
#
# The validator is check-jsonschema from PyPI, in .venv; the schema comes out of the npm package
# @microsoft/jest-sarif, in node_modules. Both are fetched on the first run and then kept.
set -eu

if [ $# -eq 0 ]; then
    echo "usage: $0 OUT.sarif..." >&2
    exit 2
fi

root=$(cd "$(dirname "$0")/.." && pwd)
venv=$root/.venv
package=$root/node_modules/@microsoft/jest-sarif
schema=$package/lib/schemas/sarif-2.1.0-rtm.5.json

set_up() {
    if [ ! -x "$venv/bin/check-jsonschema" ]; then
        python3 -m venv "$venv" &&
            "$venv/bin/pip" install --quiet check-jsonschema==0.39.0 || return
    fi
    if [ ! -f "$schema" ]; then
        mkdir -p "$package" &&
            (cd "$package" && npm pack --silent @microsoft/jest-sarif@1.0.0-beta.0 >/dev/null &&
                tar -xzf ./*.tgz --strip-components=1 && rm ./*.tgz) || return
    fi
    [ -f "$schema" ]
}

if ! set_up; then
    echo "$0: could not set up the validator or its schema" >&2
    exit 2
fi

# The schema holds a pattern that is not a legal Unicode regex, hence the variant.
exec "$venv/bin/check-jsonschema" --regex-variant nonunicode --schemafile "$schema" "$@"

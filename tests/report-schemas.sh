#!/bin/sh
# Validates GitLab reports and JUnit files against their schemas.
#
# Usage: tests/report-schemas.sh REPORT.gitlab|REPORT.junit...
# Exit status: 0 when all that could be checked are valid, 1 when one is not, 2 when the check itself could not be set up.
#
# GitLab's schema is in no package. It is the file lib/gitlab/ci/parsers/security/validators/schemas/15.2.1/
# secret-detection-report-format.json of the repository gitlabhq/gitlabhq on GitHub. WAXSEAL_GITLAB_SCHEMA names a copy;
# without it, one in ../shared/schemas is used, and without that GitLab reports are only tested by `cargo test`.
# The schema of JUnit files is junit-10.xsd out of the source package of pytest on PyPI, checked with lxml. Both are
# fetched into .venv on the first run and then kept.
set -eu

if [ $# -eq 0 ]; then
    echo "usage: $0 REPORT.gitlab|REPORT.junit..." >&2
    exit 2
fi

root=$(cd "$(dirname "$0")/.." && pwd)
venv=$root/.venv
gitlab=${WAXSEAL_GITLAB_SCHEMA:-$root/../shared/schemas/gitlab-secret-detection-15.2.1.json}
junit=$venv/junit-10.xsd

set_up() {
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv" || return
    [ -x "$venv/bin/check-jsonschema" ] ||
        "$venv/bin/pip" install --quiet check-jsonschema==0.39.0 || return
    "$venv/bin/python" -c 'import lxml' 2>/dev/null ||
        "$venv/bin/pip" install --quiet lxml==6.0.2 || return
    if [ ! -f "$junit" ]; then
        "$venv/bin/pip" download --quiet --no-deps --no-binary pytest --dest "$venv/pytest" pytest==9.0.2 || return
        tar -xOzf "$venv"/pytest/pytest-9.0.2.tar.gz --wildcards '*/testing/example_scripts/junit-10.xsd' >"$junit.part" &&
            mv "$junit.part" "$junit" || return
    fi
}

if ! set_up; then
    echo "$0: could not set up the validators or the schema of JUnit files" >&2
    exit 2
fi

status=0
for report in "$@"; do
    case $report in
        *.gitlab)
            if [ -f "$gitlab" ]; then
                "$venv/bin/check-jsonschema" --quiet --schemafile "$gitlab" "$report" || status=1
            else
                skipped=yes
            fi
            ;;
        *.junit)
            "$venv/bin/python" - "$junit" "$report" <<'PYTHON' || status=1
import sys
from lxml import etree

schema = etree.XMLSchema(etree.parse(sys.argv[1]))
if not schema.validate(etree.parse(sys.argv[2])):
    for error in schema.error_log:
        print(f"{sys.argv[2]}:{error.line}: {error.message}", file=sys.stderr)
    sys.exit(1)
PYTHON
            ;;
        *)
            echo "$0: $report: neither *.gitlab nor *.junit" >&2
            exit 2
            ;;
    esac
done
[ -z "${skipped:-}" ] || echo "$0: GitLab reports not validated: no schema at $gitlab; WAXSEAL_GITLAB_SCHEMA names one"
exit "$status"

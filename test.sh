#!/bin/sh
# Runs every test of waxseal. Whatever it needs and does not find, it fetches into ignored folders of this repository.
#
# Usage: ./test.sh [--without-servers]
#   --without-servers  leave out the tests that talk to servers on this machine: for one that has none of Debian's packages
#
# Needs git, cargo, python3 and npm; for the servers also apt-get, flock and openssl. WAXSEAL_OPENAPI_DIR may name a folder with the
# OpenAPI documents of SendGrid and Twilio, see tests/verify-servers.sh. Exit status: 0 when everything passed, 1 when a test failed,
# 2 when one could not be set up or the call was wrong.
set -eu

usage() {
    sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p;}' "$0"
}

servers=yes
for argument in "$@"; do
    case $argument in
        --without-servers) servers=no ;;
        -h | --help)
            usage
            exit 0
            ;;
        *)
            echo "test.sh: unknown argument: $argument" >&2
            usage >&2
            exit 2
            ;;
    esac
done

cd "$(dirname "$0")"

for tool in git cargo python3 npm; do
    command -v "$tool" >/dev/null || {
        echo "test.sh: $tool is not on PATH" >&2
        exit 2
    }
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP

# expect STATUS WHAT COMMAND...: runs a command that is to end with STATUS.
expect() {
    wanted=$1 what=$2
    shift 2
    status=0
    "$@" || status=$?
    [ "$status" -eq "$wanted" ] || {
        echo "test.sh: $what: exit status $wanted expected, $status came" >&2
        [ "$status" -eq 2 ] && exit 2
        exit 1
    }
}

echo "test.sh: building"
cargo build --locked --quiet

echo "test.sh: SARIF against its schema"
# Three findings of different kinds and an ignored file, so that the report has something to say. The values are put
# together here: nothing in this file looks like a credential.
tree=$scratch/tree
mkdir -p "$tree/src"
word=$(printf '%s%s' Harbor '47!tzk')
hex() { printf '%s' "$1" | git hash-object --stdin | cut -c1-32; }
printf 'DB_PASSWORD=%s\n' "$word" >"$tree/.env"
printf "sid = 'A%s%s'\nauth_token = '%s'\n" C "$(hex one)" "$(hex two)" >"$tree/src/notify.py"
printf 'secret.env\n' >"$tree/.gitignore"
git init --quiet "$tree"
expect 1 "scanning a tree with findings" \
    cargo run --locked --quiet -- scan --format "sarif=$scratch/found.sarif" --format "json=$scratch/found.json" "$tree"
mkdir "$scratch/clean"
expect 0 "scanning an empty tree" cargo run --locked --quiet -- scan --format "sarif=$scratch/clean.sarif" "$scratch/clean"
expect 2 "scanning what is not there" \
    cargo run --locked --quiet -- scan --format "sarif=$scratch/failed.sarif" "$scratch/nowhere"
expect 0 "the SARIF schema" tests/sarif-schema.sh \
    testdata/golden/formats/*.sarif "$scratch/found.sarif" "$scratch/clean.sarif" "$scratch/failed.sarif"

echo "test.sh: reports of CI services against their schemas"
expect 1 "scanning for CI services" \
    cargo run --locked --quiet -- scan --format "gitlab=$scratch/found.gitlab" --format "junit=$scratch/found.junit" \
    --format "codequality=$scratch/found.codequality" "$tree"
expect 0 "the schemas of GitLab and JUnit" tests/report-schemas.sh \
    testdata/golden/formats/*.gitlab testdata/golden/formats/*.junit "$scratch/found.gitlab" "$scratch/found.junit"
expect 0 "the code quality report" python3 -m json.tool "$scratch/found.codequality" "$scratch/pretty.json"
expect 0 "the JSON report" python3 -m json.tool "$scratch/found.json" "$scratch/pretty.json"

echo "test.sh: action.yml and the GitLab template"
expect 0 "what CI services read" tests/ci-files.sh target/debug/waxseal

echo "test.sh: baseline audit on a terminal"
expect 0 "the audit" tests/baseline-audit.py "${CARGO_TARGET_DIR:-target}/debug/waxseal"

echo "test.sh: waxseal in pre-commit, husky and lefthook"
# with WAXSEAL_HOOKS_BUILD set also as the framework builds it, which takes minutes
expect 0 "the hooks" tests/hooks-frameworks.sh "${CARGO_TARGET_DIR:-target}/debug/waxseal" ${WAXSEAL_HOOKS_BUILD:+--rust}

echo "test.sh: moving in from gitleaks, detect-secrets and secretlint"
expect 0 "moving in" tests/migrate.sh "${CARGO_TARGET_DIR:-target}/debug/waxseal"

echo "test.sh: waxseal without network code"
expect 0 "the build without network code" tests/without-network.sh "${CARGO_TARGET_DIR:-target}/debug/waxseal"

if [ "$servers" = yes ]; then
    echo "test.sh: verdicts of real servers on this machine"
    expect 0 "the verifier against servers" tests/verify-servers.sh "${CARGO_TARGET_DIR:-target}/debug/waxseal"
else
    echo "test.sh: left out, as asked: verdicts of real servers on this machine"
fi

echo "test.sh: cargo test"
expect 0 "cargo test" cargo test --locked --no-fail-fast

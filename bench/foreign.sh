#!/usr/bin/env bash
# What rules of gitleaks cost: `waxseal scan DIR` with and without a gitleaks rule file, in interleaved runs.
#
#   bench/foreign.sh [--runs N] RULES DIR [BINARY]
#
# RULES is a rule file of gitleaks, such as its own config/gitleaks.toml. BINARY defaults to target/release/waxseal. The bar is
# twice the time. The file cache is warm; findings and exit statuses are not judged.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
usage() {
    echo "usage: bench/foreign.sh [--runs N] RULES DIR [BINARY]" >&2
    exit 2
}
runs=7 limit=120 only=
if [ "${1:-}" = --runs ]; then
    [ $# -gt 1 ] || usage
    runs=$2
    shift 2
fi
case ${1:-} in '' | -*) usage ;; esac
[ $# -eq 2 ] || [ $# -eq 3 ] || usage
[ -f "$1" ] || { echo "foreign: $1 is not there; gitleaks has it as config/gitleaks.toml" >&2; exit 2; }
rules=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
dir=$(cd "$2" && pwd)
binary=${3:-$here/../target/release/waxseal}
[ -x "$binary" ] || { echo "foreign: $binary is not there: cargo build --release, or name a BINARY" >&2; exit 2; }
binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")

# shellcheck source=bench/lib.sh
. "$here/lib.sh"
echo "rules: $(grep -c '^\[\[rules\]\]' "$rules")"
mkdir "$scratch/plain"
add waxseal "$binary" scan -q --format "json=$scratch/plain/a.json" "$dir"
add with-gitleaks "$binary" scan -q --format "json=$scratch/plain/b.json" --rules "gitleaks:$rules" "$dir"
echo
python3 "$here/interleave.py" --runs "$runs" --limit "$limit" --base waxseal "$scratch/commands"

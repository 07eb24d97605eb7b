#!/usr/bin/env bash
# Compares `waxseal scan --history REPO` with git itself and with the other scanners found on PATH, over the same repositories.
#
#   bench/compare-history.sh [--runs N] [--limit SECONDS] [--only NAME,NAME...] [--binary BINARY] REPO...
#
# Rows: `waxseal` as users run it; `waxseal-clean` with one rule that finds nothing there, so that nothing has to be attributed;
# `inflate` reads every blob entry of the packs once and does nothing else (examples/inflate.rs); `cat-file` and `log-p` are git.
# BINARY defaults to target/release/waxseal. See bench/peers.sh for installing the peers. The file cache is warm, runs are
# interleaved, exit statuses are shown and not judged. No tool may reach a network (bench/lib.sh).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
usage() {
    echo "usage: bench/compare-history.sh [--runs N] [--limit SECONDS] [--only NAME,NAME...] [--binary BINARY] REPO..." >&2
    exit 2
}
runs=5 limit=300 only= binary=$here/../target/release/waxseal
while [ $# -gt 1 ]; do
    case $1 in
        --runs) runs=$2 ;;
        --limit) limit=$2 ;;
        --only) only=,waxseal,$2, ;;
        --binary) binary=$2 ;;
        *) break ;;
    esac
    shift 2
done
case ${1:-} in '' | -*) usage ;; esac
inflate=$(dirname "$binary")/examples/inflate
for program in "$binary" "$inflate"; do
    [ -x "$program" ] || { echo "compare-history: $program is not there: cargo build --release --example inflate && cargo build --release" >&2; exit 2; }
done
binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")
inflate=$(cd "$(dirname "$inflate")" && pwd)/inflate
repos=()
for repo in "$@"; do repos+=("$(cd "$repo" && git rev-parse --absolute-git-dir)"); done
# shellcheck source=bench/lib.sh
. "$here/lib.sh"

for repo in "${repos[@]}"; do
    rm -f "$scratch"/commands/*
    echo
    echo "repository: $(basename "$(dirname "$repo")"), $(git -C "$repo" count-objects -v | tr '\n' ' ')"
    add waxseal "$binary" scan --history "$repo"
    add waxseal-clean "$binary" scan --history "$repo" --rule sendgrid-key-in-two-parts
    add inflate "$inflate" "$repo"
    # what they print would fill a disk
    add cat-file sh -c 'git -C "$1" cat-file --batch-all-objects --batch --unordered >/dev/null' sh "$repo"
    add log-p sh -c 'git -C "$1" log -p --all >/dev/null' sh "$repo"
    add kingfisher kingfisher scan --turbo --no-validate --no-update-check --git-history full --redact "$repo"
    add gitleaks gitleaks git --no-banner --no-color --redact --log-opts=--all "$repo"
    add betterleaks betterleaks git --no-banner --no-color --redact "$repo"
    echo
    python3 "$here/interleave.py" --runs "$runs" --limit "$limit" --base waxseal --over cat-file --over inflate "$scratch/commands"
done

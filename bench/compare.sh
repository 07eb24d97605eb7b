#!/usr/bin/env bash
# Compares `waxseal scan DIR` with ripgrep and with the other scanners found on PATH, over the same directory.
#
#   bench/compare.sh [--runs N] [--limit SECONDS] [--only NAME,NAME...] DIR [BINARY]
#
# BINARY defaults to target/release/waxseal. See bench/peers.sh for installing the peers and bench/make-tree.sh for
# a directory worth measuring. The file cache is warm, runs are interleaved, exit statuses are shown and not judged.
#
# No tool may reach a network: each is started with its own switch for that, variables that could turn validation
# back on are removed, and where the kernel allows it every tool, ours included, runs in a namespace without one.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
usage() {
    echo "usage: bench/compare.sh [--runs N] [--limit SECONDS] [--only NAME,NAME...] DIR [BINARY]" >&2
    exit 2
}
runs=5 limit=120 only=
while [ $# -gt 1 ]; do
    case $1 in
        --runs) runs=$2 ;;
        --limit) limit=$2 ;;
        --only) only=,waxseal,$2, ;;
        *) break ;;
    esac
    shift 2
done
case ${1:-} in '' | -*) usage ;; esac
[ $# -le 2 ] || usage
dir=$(cd "$1" && pwd)
binary=${2:-$here/../target/release/waxseal}
[ -x "$binary" ] || { echo "compare: $binary is not there: cargo build --release, or name a BINARY" >&2; exit 2; }
binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")

# shellcheck source=bench/lib.sh
. "$here/lib.sh"
python3 - "$dir" <<'PY'
import os, sys

files = size = 0
for folder, subfolders, names in os.walk(sys.argv[1]):
    if ".git" in subfolders:
        subfolders.remove(".git")
    files += len(names)
    size += sum(os.lstat(os.path.join(folder, name)).st_size for name in names)
print(f"directory: {files} files, {size / 1e6:.1f} MB")
PY

literal=zqxjvkwbq_waxseal_bench # stands in no tree, so that the search reads every file to its end

add waxseal "$binary" scan "$dir"
add rg rg -c --no-messages "$literal" "$dir"
add rg-uu rg -uu -c --no-messages "$literal" "$dir"
# Working tree only: with history in it the comparison would be of something else. Redacted, as in a log.
add kingfisher kingfisher scan --no-validate --no-update-check --git-history none --redact "$dir"
add gitleaks gitleaks dir --no-banner --no-color --redact "$dir"
add betterleaks betterleaks fs --no-banner --no-color --redact "$dir"
add ripsecrets ripsecrets "$dir"
# It drops every path outside its starting folder without a word, hence -C.
add detect-secrets detect-secrets -C "$dir" scan --all-files --no-verify .

if command -v rg >/dev/null; then
    echo "files: rg would read $(rg --files --no-messages "$dir" | wc -l); rg -uu $(rg -uu --files --no-messages "$dir" | grep -vc "^$dir/\.git/")"
fi
# One of the peers opens SQLite files in place and leaves their journals behind; the next run would not be the same.
find "$dir" -name .git -prune -o -type f -print | sort >"$scratch/before"
echo
python3 "$here/interleave.py" --runs "$runs" --limit "$limit" --base waxseal --over rg --over rg-uu "$scratch/commands"

find "$dir" -name .git -prune -o -type f -print | sort | comm -13 "$scratch/before" - | sed 's/^/left behind by a tool, remove it: /'

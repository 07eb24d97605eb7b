#!/usr/bin/env bash
# What a run costs before it has read anything: `waxseal scan` of one small file against `git --version`.
#
#   bench/startup.sh [--runs N] [BINARY]
#
# `true` shows what starting any process costs here; it is part of every line and is not subtracted.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
runs=200
if [ "${1:-}" = --runs ]; then
    runs=$2
    shift 2
fi
binary=${1:-$here/../target/release/waxseal}
[ -x "$binary" ] || { echo "startup: $binary is not there: cargo build --release, or name a BINARY" >&2; exit 2; }
binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/tree" "$scratch/commands"
printf 'print("hello")\n' >"$scratch/tree/hello.py"
cd "$scratch/tree"

printf '%s\0' "$(command -v git)" --version >"$scratch/commands/10-git.cmd"
printf '%s\0' "$binary" scan . >"$scratch/commands/11-waxseal.cmd"
printf '%s\0' "$binary" --version >"$scratch/commands/12-waxseal-version.cmd"
printf '%s\0' "$(type -P true)" >"$scratch/commands/13-true.cmd"
python3 "$here/interleave.py" --runs "$runs" --bare --base git "$scratch/commands"

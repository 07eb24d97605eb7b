#!/usr/bin/env bash
# What the pre-commit hook costs: `waxseal hook run pre-commit` against git's own look at what is staged, in the same repository.
#
#   bench/hook.sh [--runs N] [BINARY]
#
# Three repositories are made: a small one with one staged file, one of 100,000 files with one staged file, and one with 1,000
# staged files. Nothing is cached or warmed up but the system's files. Bars: 2 times `git diff --cached --raw` in the first, 1.5
# times in the second, 2 times `git diff --cached` in the third.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
runs=100
if [ "${1:-}" = --runs ]; then
    runs=$2
    shift 2
fi
binary=${1:-$here/../target/release/waxseal}
[ -x "$binary" ] || { echo "hook: $binary is not there: cargo build --release, or name a BINARY" >&2; exit 2; }
binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")
# shellcheck source=bench/lib.sh
. "$here/lib.sh"

export HOME=$scratch GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.com

# files DIR COUNT: so many files of some hundred lines' worth of nothing, a hundred in a folder.
files() {
    python3 - "$@" <<'PYTHON'
import os, sys
top, count = sys.argv[1], int(sys.argv[2])
for number in range(count):
    folder = f"{top}/d{number // 10000}/e{number // 100 % 100}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/file{number}.py", "w") as out:
        for line in range(4 + number % 40):
            out.write(f"value_{line} = compute({number}, {line})  # line {line}\n")
PYTHON
}

# measure NAME ARGUMENT...: the hook against `git diff --cached ARGUMENT...` in the repository NAME.
measure() {
    local name=$1 commands=$scratch/commands-$1
    shift
    mkdir "$commands"
    cd "$scratch/$name"
    printf '%s\0' "$(command -v git)" diff --cached "$@" >"$commands/10-git.cmd"
    printf '%s\0' "$binary" hook run pre-commit >"$commands/11-waxseal.cmd"
    printf '%s\0' "$binary" --version >"$commands/12-waxseal-version.cmd"
    printf '%s\0' "$(type -P true)" >"$commands/13-true.cmd"
    echo "$name: git diff --cached $*"
    python3 "$here/interleave.py" --runs "$runs" --bare --base git "$commands"
}

for name in small large many; do
    git init -q -b main "$scratch/$name"
done
files "$scratch/small" 20
files "$scratch/large" 100000
files "$scratch/many" 2000
for name in small large many; do
    git -C "$scratch/$name" add .
    git -C "$scratch/$name" commit -qm all
    git -C "$scratch/$name" repack -adq
done
# entries that are as old as the index would be read again by git, which is no part of what is measured
sleep 1.1
for name in small large many; do
    git -C "$scratch/$name" update-index -q --really-refresh
    echo 'print("staged")' >>"$scratch/$name/d0/e0/file1.py"
done
git -C "$scratch/small" add d0/e0/file1.py
git -C "$scratch/large" add d0/e0/file1.py
for number in $(seq 0 999); do
    echo 'print("staged")' >>"$scratch/many/d0/e$((number / 100))/file$number.py"
done
git -C "$scratch/many" add .
measure small --raw
measure large --raw
measure many

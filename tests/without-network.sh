#!/bin/sh
# Checks that waxseal without its feature `verify` has no network code: no crate for it, no call of the system that opens a connection,
# and one clear error wherever somebody would be asked.
#
# Usage: tests/without-network.sh WAXSEAL
#   WAXSEAL  the program as it is built by default, to tell that the checks can fail
# Builds the other program into the same target folder, and leaves the default one there again. Exit status: 0 when it has none, 1 when
# it has, 2 when it could not be tried.
set -eu

[ $# -eq 1 ] || {
    echo "usage: $0 WAXSEAL" >&2
    exit 2
}
default=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP

fail() {
    echo "without-network.sh: $1" >&2
    exit 1
}

crates='^(ureq|ureq-proto|rustls|rustls-.*|ring|webpki-roots|hyper|reqwest|tokio|mio|socket2|native-tls|openssl.*) '
has_crates() {
    cargo tree --locked --edges normal --prefix none "$@" | grep -E "$crates"
}
has_crates >/dev/null || fail "the list of crates is out of date: none of them is there by default"
if has_crates --no-default-features >"$scratch/crates"; then
    cat "$scratch/crates" >&2
    fail "these crates are for networks"
fi

cp "$default" "$scratch/default"
cargo build --locked --quiet --no-default-features || exit 2
cp "${CARGO_TARGET_DIR:-target}/debug/waxseal" "$scratch/bare"
cargo build --locked --quiet || exit 2

# what the system is asked for by name; Linux only, where the C library opens all connections
if command -v nm >/dev/null && [ "$(uname)" = Linux ]; then
    calls=' (connect|socket|getaddrinfo|sendto|accept4?)(@|$)'
    nm -D --undefined-only "$scratch/default" | grep -Eq "$calls" || fail "nm shows no connection even by default"
    if nm -D --undefined-only "$scratch/bare" | grep -E "$calls" >&2; then
        fail "it can open connections"
    fi
fi

# refuses STATUS WORDS ARGUMENT...: what it says, and how it ends
refuses() {
    wanted=$1 words=$2
    shift 2
    status=0
    (cd "$scratch/tree" && "$scratch/bare" "$@") >"$scratch/out" 2>&1 </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || {
        cat "$scratch/out" >&2
        fail "waxseal $*: exit status $wanted expected, $status came"
    }
    grep -q "$words" "$scratch/out" || {
        cat "$scratch/out" >&2
        fail "waxseal $*: does not say: $words"
    }
}

# put together here: nothing in this file looks like a credential
half() { python3 -c 'import base64, hashlib, sys; print(base64.urlsafe_b64encode(hashlib.sha256(sys.argv[1].encode()).digest()).decode()[: int(sys.argv[2])])' "$@"; }
mkdir "$scratch/tree"
printf 'key = "%s.%s.%s"\n' SG "$(half a 22)" "$(half b 43)" >"$scratch/tree/a.py"
"$scratch/bare" scan --format json "$scratch/tree" >"$scratch/report.json" 2>/dev/null && fail "it found nothing"

absent="built without network code"
refuses 1 "sendgrid-api-key" scan .
refuses 2 "$absent" scan --verify .
refuses 2 "$absent" scan --verify --dry-run .
refuses 2 "$absent" verify ../report.json
refuses 2 "$absent" verify --list-endpoints
refuses 2 "$absent" revoke a.py:1 --yes
refuses 2 "there is no terminal" revoke a.py:1
echo "without-network.sh: no crate, no call and no command that opens a connection"

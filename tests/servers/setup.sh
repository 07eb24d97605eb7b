#!/bin/sh
# Fetches the servers that the verifier is tested against into .servers, an ignored folder of this repository.
#
# Usage: tests/servers/setup.sh
# Exit status: 0 when all are there, 2 when one could not be had; what it is for is then named.
#
# Debian's packages are unpacked, not installed: no root is needed and no service starts. What they need and this machine
# lacks is unpacked beside them. Prism comes from npm. All of it is fetched on the first run, in well under a minute, and
# then kept; remove .servers to start over.
set -eu

# 5.14.2 is the last Prism that runs on Node 20.
prism=5.14.2
packages="nginx exim4-daemon-light dovecot-core dovecot-submissiond libnss-wrapper"

home=$(cd "$(dirname "$0")/../.." && pwd)/.servers

missing() {
    echo "$0: $1" >&2
    echo "$0: without it these cannot be tested: $2" >&2
    exit 2
}

for tool in flock openssl python3 timeout; do
    command -v "$tool" >/dev/null || missing "$tool is not on PATH" "any server"
done
mkdir -p "$home"

# Two runs at a time would unpack over one another.
exec 9>"$home/lock"
flock 9

# An own state folder for apt: the machine's lists stay as they are, and any user may fetch.
apt() {
    what=$1
    shift
    "apt-$what" -qq \
        -o Dir::State::lists="$home/apt/lists" \
        -o Dir::Cache="$home/apt/cache" \
        -o Dir::Cache::archives="$home/apt/cache/archives" \
        -o APT::Sandbox::User="$(id -un)" \
        -o Debug::NoLocking=1 "$@"
}

unpack_debian() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return
    rm -rf "$home/apt" "$home/debian.part"
    mkdir -p "$home/apt/lists/partial" "$home/apt/cache/archives/partial" "$home/apt/packages" "$home/debian.part"
    apt get update || return
    # shellcheck disable=SC2086
    lacking=$(apt get -s install --no-install-recommends $packages | sed -n 's/^Inst \([^ ]*\).*/\1/p') || return
    # shellcheck disable=SC2086
    wanted=$(printf '%s\n' $packages $lacking | sort -u)
    # shellcheck disable=SC2086
    (cd "$home/apt/packages" && apt get download $wanted) || return
    for package in "$home"/apt/packages/*.deb; do
        dpkg-deb -x "$package" "$home/debian.part" || return
    done
    # a set-user-id bit is of no use to a server that never leaves this user
    chmod u-s "$home/debian.part/usr/sbin/exim4" || return
    # dovecot looks for its modules where Debian installs them, and no setting says otherwise; a path of the same length
    # leads its copy here to `modules` in the folder it runs in
    grep -rlZ /usr/lib/dovecot/modules "$home/debian.part/usr/lib/dovecot" "$home/debian.part/usr/bin/doveconf" |
        LC_ALL=C xargs -0 sed -i 's|/usr/lib/dovecot/modules|././././././././/modules|g' || return
    case $(LD_LIBRARY_PATH="$home/debian.part/usr/lib/dovecot" "$home/debian.part/usr/sbin/dovecot" --version) in
        2.3.*) ;;
        *) echo "dovecot 2.3 is needed: later ones read another configuration" && return 1 ;;
    esac
    rm -rf "$home/debian.part/usr/share" "$home/debian.part/etc"
    rm -rf "$home/debian" "$home/apt"
    mv "$home/debian.part" "$home/debian"
    echo "$packages" >"$home/debian/.complete"
}

if [ "$(cat "$home/debian/.complete" 2>/dev/null)" != "$packages" ]; then
    echo "servers: fetching Debian's packages of nginx, exim and dovecot"
    # what apt says is of interest only when it fails: its own hooks complain when no root runs it
    unpack_debian >"$home/apt.log" 2>&1 || {
        cat "$home/apt.log" >&2
        missing "could not fetch Debian's packages: $packages" "HTTPS (nginx), SMTP (exim, dovecot)"
    }
fi

if ! grep -q "\"version\": \"$prism\"" "$home/prism/node_modules/@stoplight/prism-cli/package.json" 2>/dev/null; then
    echo "servers: fetching Prism $prism"
    rm -rf "$home/prism" "$home/prism.part"
    mkdir -p "$home/prism.part"
    # no install scripts: Prism needs none, and they would run code that nobody here has read
    (cd "$home/prism.part" && echo '{"private": true}' >package.json &&
        npm install --silent --no-package-lock --ignore-scripts --no-audit --no-fund "@stoplight/prism-cli@$prism") >&2 &&
        mv "$home/prism.part" "$home/prism" ||
        missing "could not fetch Prism $prism from npm" "the answers of SendGrid and Twilio"
fi

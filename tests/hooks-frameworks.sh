#!/bin/sh
# Runs waxseal as a hook of the pre-commit framework, of husky and of lefthook: a commit that is blocked and one that passes, each.
#
# Usage: tests/hooks-frameworks.sh WAXSEAL [--rust]
#   WAXSEAL  the built program
#   --rust   also let the framework build waxseal from source, as its users do; takes minutes
# Exit status: 0 when all did as they should, 1 when one did not, 2 when they could not be set up.
#
# pre-commit comes from PyPI, into .venv; husky and lefthook come from npm, into node_modules. Both are fetched on the first run
# and then kept. Nothing that looks like a credential stands in this file.
set -eu

if [ $# -eq 0 ]; then
    echo "usage: $0 WAXSEAL [--rust]" >&2
    exit 2
fi

root=$(cd "$(dirname "$0")/.." && pwd)
bin=$(cd "$(dirname "$1")" && pwd)
with_rust=${2:-}
venv=$root/.venv
modules=$root/node_modules

set_up() {
    if ! "$venv/bin/pre-commit" --version 2>/dev/null | grep -q ' 4\.7\.0$'; then
        [ -x "$venv/bin/python" ] || python3 -m venv "$venv" || return
        "$venv/bin/pip" install --quiet pre-commit==4.7.0 || return
    fi
    if [ ! -f "$modules/husky/bin.js" ] || [ ! -e "$modules/.bin/lefthook" ]; then
        # the install script of lefthook would put hooks into this repository
        (cd "$root" && npm install --silent --no-save --no-package-lock --ignore-scripts --no-audit --no-fund \
            husky@9.1.7 lefthook@2.2.2 >/dev/null) || return
    fi
}

set_up || {
    echo "$0: could not set up pre-commit, husky and lefthook" >&2
    exit 2
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP

fail() {
    echo "$0: $1" >&2
    [ ! -f "$scratch/log" ] || sed 's/^/    /' "$scratch/log" >&2
    exit 1
}

# What git and the frameworks know of the user who runs this, they must not know here. Cargo keeps its own.
CARGO_HOME=${CARGO_HOME:-$HOME/.cargo}
RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export CARGO_HOME RUSTUP_HOME
HOME=$scratch/home
mkdir "$HOME"
for name in $(env | sed -n 's/^\(GIT_[A-Z_]*\)=.*/\1/p'); do
    unset "$name"
done
unset XDG_CONFIG_HOME WAXSEAL_SKIP HUSKY LEFTHOOK SKIP || true
export HOME GIT_CONFIG_NOSYSTEM=1
PATH=$bin:$venv/bin:$modules/.bin:$PATH
export PRE_COMMIT_HOME="$scratch/pre-commit"
git config --global user.name A
git config --global user.email a@example.com
git config --global init.defaultBranch main
git config --global protocol.file.allow always

word() { printf '%s%s' Harbor '47!tzk'; }
login() { printf 'smtp:\n  host: smtp.example.com\n  user: mailer@example.com\n  password: "%s"\n' "$(word)"; }

# commits WHAT: a commit goes through.
commits() {
    git commit -m "$1" >"$scratch/log" 2>&1 || fail "$1: a commit was blocked that should pass"
}

# blocked WHAT PATTERN COMMAND...: the command fails, and says what was found.
blocked() {
    what=$1 pattern=$2
    shift 2
    ! "$@" >"$scratch/log" 2>&1 || fail "$what: it passed and should be blocked"
    grep -q "$pattern" "$scratch/log" || fail "$what: it was blocked without saying \`$pattern\`"
    ! grep -q "$(word)" "$scratch/log" || fail "$what: the secret is shown"
}

count=0

# gate WHAT: in the repository here, with its hook in place: a harmless commit passes, one with a login does not, and it
# passes when it is asked for with a reason. What is staged counts, not what lies on disk.
gate() {
    count=$((count + 1))
    echo "$1 $count" >harmless.txt
    git add harmless.txt
    commits "$1: harmless"
    login >"mail$count.yml"
    git add "mail$count.yml"
    echo harmless >"mail$count.yml"
    blocked "$1" "smtp-login" git commit -m x
    grep -q "commit blocked" "$scratch/log" || fail "$1: it is not said what to do"
    WAXSEAL_SKIP='a test' git commit -q -m "$1: on purpose" >"$scratch/log" 2>&1 || fail "$1: the reason did not let it pass"
    grep -q "was not checked: WAXSEAL_SKIP=a test" "$scratch/log" || fail "$1: the reason is not recorded"
    git checkout -q -- "mail$count.yml"
}

new_repository() {
    mkdir "$scratch/$1"
    cd "$scratch/$1"
    git init -q
}

# ---- The pre-commit framework. It wants the hooks in a repository, at a commit.

source=$scratch/source
git clone -q "$root" "$source"
# what is tested is what lies here, committed or not
(cd "$root" && git ls-files -z --cached --others --exclude-standard | xargs -0 tar -cf - 2>/dev/null) | tar -xf - -C "$source"
git -C "$source" add -A
git -C "$source" commit -q --allow-empty --no-verify -m "as it is"
revision=$(git -C "$source" rev-parse HEAD)

# framework SUFFIX: every hook of that kind.
framework() {
    new_repository "framework$1"
    git commit -q --allow-empty -m first
    cat >.pre-commit-config.yaml <<CONFIG
repos:
  - repo: $source
    rev: $revision
    hooks:
      - id: waxseal$1
      - id: waxseal-commit-msg$1
      - id: waxseal-push$1
      - id: waxseal-files$1
        stages: [manual]
CONFIG
    pre-commit install --install-hooks --hook-type pre-commit --hook-type commit-msg --hook-type pre-push \
        >"$scratch/log" 2>&1 || fail "pre-commit install"
    git add .pre-commit-config.yaml
    commits "framework$1: first"
    gate "framework$1"
    echo again >>harmless.txt
    git add harmless.txt
    blocked "framework$1, message" "commit blocked" git commit -m "$(printf 'Set it up\n\nSMTP: smtp://mailer:%s@smtp.example.com:587' "$(word)")"
    git reset -q --hard
    # a new branch with all its commits, then one more commit, then a second branch
    git init -q --bare "$scratch/remote$1.git"
    git remote add origin "$scratch/remote$1.git"
    blocked "framework$1, first push" "smtp-login" git push origin main
    git reset -q --hard HEAD~
    git push -q origin main >"$scratch/log" 2>&1 || fail "framework$1: a push was blocked that should pass"
    login >mail.yml
    git add mail.yml
    git commit -q --no-verify -m "past the hooks"
    blocked "framework$1, second push" "push blocked" git push origin main
    blocked "framework$1, new branch" "push blocked" git push origin main:refs/heads/other
    # names of files, as \`pre-commit run --all-files\` gives them
    files="pre-commit run waxseal-files$1 --all-files --hook-stage manual"
    blocked "framework$1, all files" "smtp-login" $files
    git reset -q --hard HEAD~
    $files >"$scratch/log" 2>&1 || fail "framework$1: all files are harmless"
    # which builds once more
    login >mail.yml
    git add mail.yml
    blocked "framework$1, try-repo" "smtp-login" pre-commit try-repo "$source" "waxseal$1" --ref "$revision"
    cd "$root"
}

framework -system
echo "hooks-frameworks: pre-commit with waxseal on PATH: ok"

# waxseal's own hook beside the framework's: whichever came first, both run and nothing runs in circles
new_repository both
git commit -q --allow-empty -m first
printf 'repos:\n  - repo: local\n    hooks:\n      - {id: note, name: note, entry: sh -c "echo ran >>%s/ran", language: system, always_run: true, pass_filenames: false}\n' \
    "$scratch" >.pre-commit-config.yaml
git add .pre-commit-config.yaml
pre-commit install >/dev/null
waxseal hook install >"$scratch/log"
grep -q "pre-commit manages this hook" "$scratch/log" || fail "the framework is not recognised"
gate "after the framework"
grep -q ran "$scratch/ran" || fail "the framework did not run beside waxseal"
pre-commit install >/dev/null
: >"$scratch/ran"
gate "the framework again"
[ "$(grep -c ran "$scratch/ran")" -eq 3 ] || fail "the framework did not run once a commit"
waxseal hook install >"$scratch/log"
grep -q "already installed" "$scratch/log" || fail "waxseal was installed twice"
cd "$root"
echo "hooks-frameworks: pre-commit beside waxseal's own hook: ok"

# ---- husky.

new_repository husky
echo '{"private": true}' >package.json
echo node_modules >.gitignore
ln -s "$modules" node_modules
node "$modules/husky/bin.js" >"$scratch/log" 2>&1 || fail "husky"
echo 'waxseal hook run pre-commit' >.husky/pre-commit
git add package.json .gitignore .husky
gate husky
waxseal hook doctor >"$scratch/log" || fail "husky: the doctor finds fault"
grep -q "husky runs waxseal" "$scratch/log" || fail "husky: the doctor does not see it"
# waxseal's own hook in husky's folder
echo 'echo ran >>"$HOME/ran"' >.husky/pre-commit
git add .husky
waxseal hook install >"$scratch/log"
grep -q "husky manages this hook" "$scratch/log" || fail "husky is not recognised"
gate "husky, beside"
grep -q ran "$HOME/ran" || fail "husky's own hook did not run beside waxseal"
cd "$root"
echo "hooks-frameworks: husky: ok"

# ---- lefthook.

new_repository lefthook
printf 'pre-commit:\n  jobs:\n    - run: waxseal hook run pre-commit\n' >lefthook.yml
lefthook install >"$scratch/log" 2>&1 || fail "lefthook install"
git add lefthook.yml
gate lefthook
waxseal hook doctor >"$scratch/log" || fail "lefthook: the doctor finds fault"
grep -q "lefthook runs waxseal" "$scratch/log" || fail "lefthook: the doctor does not see it"
waxseal hook install >"$scratch/log"
grep -q "lefthook manages this hook" "$scratch/log" || fail "lefthook is not recognised"
cd "$root"
echo "hooks-frameworks: lefthook: ok"

# ---- The framework again, building waxseal itself. It calls \`cargo install --path .\`, without Cargo.lock.

if [ "$with_rust" = --rust ]; then
    PATH=$(printf '%s' "$PATH" | sed "s|^$bin:||")
    export CARGO_TARGET_DIR="$root/target/framework"
    framework ""
    echo "hooks-frameworks: pre-commit with waxseal built from source: ok"
fi

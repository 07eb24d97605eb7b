#!/bin/sh
# Checks what CI services read of this repository: action.yml, docs/gitlab-ci.yml, and the examples in docs/ci.md.
#
# Usage: tests/ci-files.sh WAXSEAL
#   WAXSEAL  the program that the scripts in them are to run
#
# All are validated against the schemas that check-jsonschema brings along. The steps of action.yml are then run
# one after the other by the shell that they name, in a clone and with the variables that GitHub sets, without GitHub.
# Exit status: 0 when all is as it should be, 1 when something is not, 2 when the check itself could not be set up.
set -eu

[ $# -eq 1 ] || {
    echo "usage: $0 WAXSEAL" >&2
    exit 2
}
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
venv=$root/.venv

set_up() {
    [ -x "$venv/bin/check-jsonschema" ] || {
        python3 -m venv "$venv" && "$venv/bin/pip" install --quiet check-jsonschema==0.39.0
    } || return
    command -v bash >/dev/null
}
set_up || {
    echo "$0: could not set up the validator" >&2
    exit 2
}

"$venv/bin/check-jsonschema" --quiet --builtin-schema vendor.github-actions "$root/action.yml" || exit 1
"$venv/bin/check-jsonschema" --quiet --builtin-schema vendor.gitlab-ci "$root/docs/gitlab-ci.yml" || exit 1

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP

# The examples stand in this order, between the same fences.
"$venv/bin/python" - "$root/docs/ci.md" "$scratch" <<'PYTHON' || exit 1
import sys

with open(sys.argv[1]) as file:
    blocks = [block.split("```")[0] for block in file.read().split("```yaml\n")[1:]]
for name, block in zip(("github-workflows", "bitbucket-pipelines", "azure-pipelines", "circle-ci"), blocks, strict=True):
    with open(f"{sys.argv[2]}/{name}.yml", "w") as file:
        file.write(block)
PYTHON
for example in github-workflows bitbucket-pipelines azure-pipelines circle-ci; do
    "$venv/bin/check-jsonschema" --quiet --builtin-schema "vendor.$example" "$scratch/$example.yml" || exit 1
done

# The scripts of the steps, and what each of them finds in its environment; none may hold an expression.
"$venv/bin/python" - "$root/action.yml" "$scratch" <<'PYTHON' || exit 1
import sys
from ruamel.yaml import YAML

with open(sys.argv[1]) as file:
    action = YAML(typ="safe").load(file)
install, scan = action["runs"]["steps"]
for step in install, scan:
    assert step["shell"] == "bash", step
    assert "${{" not in step["run"], "an expression in a script"
assert install["env"] == {"VERSION": "${{ inputs.version }}"}, install["env"]
assert scan["env"] == {"WAXSEAL": "${{ steps.install.outputs.waxseal }}", "ARGS": "${{ inputs.args }}"}, scan["env"]
for name, step in ("install", install), ("scan", scan):
    with open(f"{sys.argv[2]}/{name}.sh", "w") as file:
        file.write(step["run"])
PYTHON

repo=$scratch/repo
git init --quiet -b main "$repo"
cd "$repo"
commit() {
    git add -A
    git -c user.name=A -c user.email=a@example.com -c commit.gpgsign=false commit --quiet -m "$1"
}
echo hello >readme
commit base
base=$(git rev-parse HEAD)
# put together here: nothing in this file looks like a credential
hex() { printf '%s' "$1" | git hash-object --stdin | cut -c1-32; }
printf "sid = 'A%s%s'\nauth_token = '%s'\n" C "$(hex one)" "$(hex two)" >notify.py
commit leak
head=$(git rev-parse HEAD)
printf '{"pull_request": {"base": {"sha": "%s", "ref": "main"}, "head": {"sha": "%s"}}}' "$base" "$head" >"$scratch/event.json"

mkdir "$scratch/bin"
cp "$program" "$scratch/bin/waxseal"
version=$("$program" --version)
version=${version#waxseal }

# job VERSION ARGS: both steps, with inputs, as a runner runs them. Prints what they print, ends with their status.
job() {
    : >"$scratch/output"
    step install VERSION="$1" || return
    waxseal=$(sed -n 's/^waxseal=//p' "$scratch/output")
    step scan WAXSEAL="$waxseal" ARGS="$2"
}
step() {
    name=$1
    shift
    env -i PATH="$scratch/bin:$PATH" HOME="$scratch" CI=true GITHUB_ACTIONS=true GITHUB_EVENT_NAME=pull_request \
        GITHUB_EVENT_PATH="$scratch/event.json" GITHUB_REF=refs/pull/7/merge GITHUB_OUTPUT="$scratch/output" \
        GITHUB_ACTION_PATH="$root" RUNNER_TEMP="$scratch" "$@" \
        bash --noprofile --norc -eo pipefail "$scratch/$name.sh"
}
# check STATUS TEXT VERSION ARGS: the job ends with STATUS and prints TEXT.
check() {
    status=0
    job "$3" "$4" >"$scratch/told" 2>&1 || status=$?
    [ "$status" -eq "$1" ] && grep -qF -- "$2" "$scratch/told" || {
        echo "$0: version '$3', args '$4': exit status $1 and \`$2\` expected, $status came with" >&2
        cat "$scratch/told" >&2
        exit 1
    }
}

check 1 '::error file=notify.py,line=2,' "$version" ''
check 1 'notify.py:2:15  critical' "$version" '--format text'
check 0 '0 commits' "$version" "--range   HEAD..HEAD
--color never
"
# an input is words and no script
check 2 'error: unexpected argument' "$version" '; touch injected'
check 2 'error: unexpected argument' "$version" '$(touch injected)'
check 2 'error: unexpected argument' "$version" '*'
[ ! -e injected ] || {
    echo "$0: an input was run" >&2
    exit 1
}
check 2 'is not of the version' '9.9.9' ''
check 2 'is not of the version' "$version; touch injected" ''
rm "$scratch/bin/waxseal"
check 2 'there is no waxseal on PATH' "$version" ''

# a build: cargo is called where the action lies, not in the checkout, and what it leaves behind is what is run
cat >"$scratch/bin/cargo" <<CARGO
#!/bin/sh
[ "\$PWD" = "$root" ] && [ "\$*" = "install --locked --quiet --path . --root $scratch/waxseal" ] || exit 9
mkdir -p "$scratch/waxseal/bin" && cp "$program" "$scratch/waxseal/bin/waxseal"
CARGO
chmod +x "$scratch/bin/cargo"
check 1 '::error file=notify.py,line=2,' source ''

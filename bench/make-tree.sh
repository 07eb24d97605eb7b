#!/usr/bin/env bash
# Lays out the benchmark tree: the HEAD of several local clones, side by side as plain files.
#
#   bench/make-tree.sh [--git] [--max-kib N] DEST REPO_GIT_DIR...
#
# REPO_GIT_DIR is a bare repository, a `.git` directory or a work tree. DEST must not exist yet.
# --git        also makes DEST one git work tree with a single commit of fixed identity and date
# --max-kib N  leave out files larger than N KiB (default 2048): large binaries would measure the disk
#
# The index route is used rather than `git archive`, because archive obeys `export-ignore` (which drops the
# tests of many PHP projects) and stops at the first object that a partial clone lacks.
set -euo pipefail

usage() {
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2
    exit 2
}

max_kib=2048
make_git=no
while [ $# -gt 0 ]; do
    case $1 in
        --git) make_git=yes ;;
        --max-kib)
            max_kib=${2:?--max-kib needs a number}
            shift
            ;;
        -*) usage ;;
        *) break ;;
    esac
    shift
done
[ $# -ge 2 ] || usage
dest=$1
shift
[ ! -e "$dest" ] || { echo "make-tree: $dest exists already" >&2; exit 2; }
mkdir -p "$dest"
dest=$(cd "$dest" && pwd)

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_NO_LAZY_FETCH=1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The last two path components tell `a/repo.git` and `b/repo.git` apart; `.git` and `repo` say nothing.
tree_name() {
    local path=$1 base
    path=$(cd "$path" && pwd)
    base=$(basename "$path")
    case $base in
        .git | repo | repo.git) base=$(basename "$(dirname "$path")") ;;
    esac
    printf '%s\n' "${base%.git}"
}

# Symbolic links become small files, so that no scanner leaves the tree or visits a file twice.
extract() {
    local git_dir=$1 out=$2 listed found
    mkdir -p "$out"
    (
        cd "$out"
        export GIT_DIR=$git_dir GIT_WORK_TREE=$out GIT_INDEX_FILE=$scratch/index
        rm -f "$GIT_INDEX_FILE"
        git read-tree HEAD
        git -c core.symlinks=false -c core.autocrlf=false checkout-index --all --force 2>>"$scratch/absent" || true
    )
    listed=$(git --git-dir="$git_dir" ls-tree -r HEAD | awk '$2 == "blob"' | wc -l)
    found=$(find "$out" -type f | wc -l)
    printf '%-40s %7d files' "$(basename "$out")" "$found"
    [ "$found" -eq "$listed" ] || printf '  (%d of HEAD not written)' $((listed - found))
    printf '\n'
}

for repo in "$@"; do
    git_dir=$(cd "$repo" && git rev-parse --absolute-git-dir 2>/dev/null) ||
        git_dir=$(git --git-dir="$repo" rev-parse --absolute-git-dir)
    out=$dest/$(tree_name "$repo")
    [ ! -e "$out" ] || { echo "make-tree: two repositories are named $(basename "$out")" >&2; exit 2; }
    extract "$git_dir" "$out"
done

find "$dest" -type f -size "+${max_kib}k" -delete

if [ "$make_git" = yes ]; then
    export GIT_AUTHOR_NAME=bench GIT_AUTHOR_EMAIL=bench@example.invalid GIT_AUTHOR_DATE='2024-01-01T00:00:00Z'
    export GIT_COMMITTER_NAME=bench GIT_COMMITTER_EMAIL=bench@example.invalid GIT_COMMITTER_DATE='2024-01-01T00:00:00Z'
    git -C "$dest" init --quiet --initial-branch=main
    # Forced: the ignore files of one project would otherwise drop committed files of that same project.
    git -C "$dest" -c core.autocrlf=false add --all --force
    git -C "$dest" -c gc.auto=0 commit --quiet --message 'Benchmark tree'
fi

# Text as grep and ripgrep see it: a NUL byte makes a file binary; empty files are neither.
python3 - "$dest" <<'PY'
import os, sys

files = text = size = text_size = 0
for folder, subfolders, names in os.walk(sys.argv[1]):
    if ".git" in subfolders:
        subfolders.remove(".git")
    for name in names:
        with open(os.path.join(folder, name), "rb") as handle:
            data = handle.read()
        files += 1
        size += len(data)
        if b"\0" not in data:
            text += 1
            text_size += len(data)
print(f"total: {files} files, {size / 1e6:.1f} MB; without a NUL byte: {text} files, {text_size / 1e6:.1f} MB")
PY

# What the comparing scripts share: the machine's description, commands that are cut off from any network, and a list of them.
# Sourced, not run. Expects $here (this folder) and $binary; makes $scratch, which is removed at the end.

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/commands" "$scratch/empty"
# Scanners read their configuration from the folder they start in, and one keeps compiled rules in a cache.
cd "$scratch/empty"
export KF_RULE_CACHE_DIR=$scratch/rules
unset BETTERLEAKS_VALIDATE BETTERLEAKS_ANALYZE BETTERLEAKS_CONFIG BETTERLEAKS_CONFIG_TOML
unset GITLEAKS_CONFIG GITLEAKS_CONFIG_TOML RIPGREP_CONFIG_PATH

offline=()
if unshare --user --map-root-user --net true 2>/dev/null; then
    offline=(unshare --user --map-root-user --net --)
fi

# Machine and versions first: a ratio without them cannot be repeated.
cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "machine: $(getconf _NPROCESSORS_ONLN) cores, ${cpu:-$(uname -m)}, $(uname -sr), load $(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown)"
echo "network: $([ ${#offline[@]} -gt 0 ] && echo 'none (namespace)' || echo 'not cut off; each tool has its own switch')"

number=10
# add NAME PROGRAM ARGUMENT...: one more command to measure, if it is wanted ($only) and installed.
add() {
    local name=$1 version
    shift
    case $only in '' | *",$name,"*) ;; *) return 0 ;; esac
    if ! command -v "$1" >/dev/null; then
        echo "absent: $name"
        return 0
    fi
    version=$("${offline[@]}" "$1" --version 2>/dev/null | head -n 1) || true
    echo "version: $name: ${version:-unknown}"
    printf '%s\0' "${offline[@]}" "$@" >"$scratch/commands/$number-$name.cmd"
    number=$((number + 1))
}

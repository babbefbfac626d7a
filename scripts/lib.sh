# Shared by the scripts: steps with a name and a duration, and where things are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() {
    local name=$1 start=$SECONDS
    shift
    printf '\n== %s: %s\n' "$name" "$*"
    "$@"
    printf '== %s done in %ss\n' "$name" "$((SECONDS - start))"
}

have() { command -v "$1" >/dev/null 2>&1; }

# Installs Debian packages where we may; elsewhere says what is needed.
packages() {
    local missing=()
    for package in "$@"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
    [ ${#missing[@]} -eq 0 ] && return
    if have apt-get && [ "$(id -u)" = 0 ]; then
        [ -n "${APT_UPDATED:-}" ] || apt-get update -q
        APT_UPDATED=1
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
    else
        echo "please install: ${missing[*]}" >&2
        exit 1
    fi
}

# Every program and library of the workspace, in one set of features: building packages one by one would
# compile what they share several times over.
workspace=(--workspace --exclude client-wasm --features client-ffi/bindgen)
build_all() { cargo build --locked "${workspace[@]}"; }

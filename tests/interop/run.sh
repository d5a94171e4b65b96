#!/usr/bin/env bash
# The interfaces against programs that are not ours, in a minute at most:
#
#   python_csv.py    Python's csv module reads the files that the property tests write
#   xmllint          judges each request that the property tests write, and those of the command
#   zeep_client.py   zeep, from the WSDL of the sandbox, reports to the sandbox
#   node_portal.js   the command reports to a server that node-soap makes of the WSDL
#
# Run it as `bash tests/interop/run.sh`. It wants python3 (3.11 or newer) with venv, node (18 or newer), npm and
# xmllint, and at its first run the network. What it installs and builds goes into the target folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Fewer requests than that mean that they were not kept.
readonly fewest_requests=100

tests=$PWD/tests/interop
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
installed=$target/interop
work=$(mktemp -d)
export CAREFLEX_KEEP_REQUESTS=$work/requests
export CAREFLEX_KEEP_FILES=$work/files
mkdir -p "$installed" "$CAREFLEX_KEEP_REQUESTS" "$CAREFLEX_KEEP_FILES"

child=
clean_up() {
    if [[ -n $child ]]; then
        # `timeout` hands it on to all that it has started.
        kill "$child" 2>/dev/null && wait "$child" || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

main() {
    require xmllint python3 node npm
    build
    python_packages
    node_packages
    heading "zeep as client of the sandbox"
    limited 60 "$installed/python/bin/python" "$tests/zeep_client.py" "$target/debug/careflex" 2>&1
    heading "the command as client of node-soap"
    NODE_PATH=$installed/node/node_modules limited 60 \
        node --test-reporter=spec "$tests/node_portal.js" "$target/debug/careflex"
    keep
    heading "files, read by Python's csv module"
    limited 60 python3 "$tests/python_csv.py" "$CAREFLEX_KEEP_FILES"
    heading "requests, judged by xmllint"
    judge_requests
}

require() {
    local tool
    for tool; do
        command -v "$tool" >/dev/null || fail "$tool is missing"
    done
}

# With all tests, of which the command is a part: after `cargo test --workspace` nothing is compiled twice. Fewer
# targets would be compiled with other settings.
build() {
    cargo test --workspace --tests --locked --quiet --no-run
}

python_packages() {
    local python=$installed/python
    if ! cmp -s "$tests/requirements.txt" "$python/installed.txt"; then
        heading "installing zeep"
        rm -rf "$python"
        python3 -m venv "$python" || fail "python3 cannot make a virtual environment (python3-venv on Debian)"
        limited 180 "$python/bin/python" -m pip install --quiet --disable-pip-version-check \
            --timeout 15 --retries 1 --only-binary :all: --requirement "$tests/requirements.txt" ||
            fail "cannot install zeep from PyPI: is there a network?"
        cp "$tests/requirements.txt" "$python/installed.txt"
    fi
}

node_packages() {
    local node=$installed/node
    if ! cmp -s "$tests/package-lock.json" "$node/installed.json"; then
        heading "installing node-soap"
        rm -rf "$node"
        mkdir "$node"
        cp "$tests/package.json" "$tests/package-lock.json" "$node"
        limited 180 npm ci --prefix "$node" --loglevel=error --ignore-scripts --no-audit --no-fund \
            --fetch-timeout=15000 --fetch-retries=1 --fetch-retry-mintimeout=1000 ||
            fail "cannot install node-soap from the npm registry: is there a network?"
        cp "$tests/package-lock.json" "$node/installed.json"
    fi
}

# Those of node_portal.js, as the command has sent them, are kept already.
keep() {
    quietly cargo test --workspace --tests --locked --quiet every_report_survives_the_wire ||
        fail "the property tests fail"
    # Settings of whoever runs this must not matter.
    quietly env -i HOME="$work" "$target/debug/careflex" convert examples/staff.json --to xml \
        --careflex-id 09ce3580d84bf087 --output "$CAREFLEX_KEEP_REQUESTS/converted.xml" ||
        fail "the example cannot be converted"
}

judge_requests() {
    local source
    for source in request node converted; do
        compgen -G "$CAREFLEX_KEEP_REQUESTS/$source*.xml" >/dev/null || fail "no $source*.xml was kept"
    done
    local count
    count=$(find "$CAREFLEX_KEEP_REQUESTS" -name '*.xml' | wc -l)
    ((count >= fewest_requests)) || fail "only $count requests were kept, not $fewest_requests"
    find "$CAREFLEX_KEEP_REQUESTS" -name '*.xml' -print0 |
        quietly xargs -0 xmllint --noout --nonet --schema xsd/tests/envelope.xsd ||
        fail "xmllint refuses a request"
    echo "$count requests are valid"
}

# limited SECONDS COMMAND ARGUMENT...
limited() {
    timeout "$@" &
    child=$!
    local status=0
    wait "$child" || status=$?
    child=
    ((status != 124)) || echo "interop: no end after $1 s" >&2
    return "$status"
}

# Shows what a command says only if it fails; of xmllint, only what is wrong.
quietly() {
    "$@" >"$work/said" 2>&1 || {
        grep -v ' validates$' "$work/said" >&2 || true
        return 1
    }
}

heading() {
    printf '\n-- %s\n' "$1"
}

fail() {
    echo "interop: $1" >&2
    exit 1
}

main

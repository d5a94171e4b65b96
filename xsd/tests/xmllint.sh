#!/usr/bin/env bash
# Checks the schemas with a validator that is not ours: libxml2's xmllint.
#
#   samples/   the documented messages      must be valid
#   accepted/  messages at the edges        must be valid
#   refused/   messages with one mistake    must be invalid, for the reason in the first line
#
# A reason is a piece of xmllint's message: <!-- refused: Element 'apiToken' -->
set -euo pipefail

# Exit status of xmllint for a message that is well-formed but not valid.
readonly invalid=3

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
passed=0
failed=0

if ! command -v xmllint >/dev/null; then
    echo "xmllint is missing: install libxml2-utils (Debian, Ubuntu) or libxml2 (elsewhere)" >&2
    exit 1
fi

# Sets status and message. The file comes by standard input, so that its name is no part of the
# message, where it could be taken for the reason.
validate() {
    status=0
    message=$(xmllint --noout --nonet --schema "$tests/envelope.xsd" - <"$1" 2>&1) || status=$?
}

pass() {
    passed=$((passed + 1))
    echo "ok    ${1#"$tests"/}: $2"
}

fail() {
    failed=$((failed + 1))
    echo "FAIL  ${1#"$tests"/}: $2"
    sed 's/^/      /' <<<"$message"
}

must_be_valid() {
    validate "$1"
    if ((status == 0)); then
        pass "$1" valid
    else
        fail "$1" "must be valid, but xmllint ended with $status"
    fi
}

must_be_refused() {
    validate "$1"
    if ((status != invalid)); then
        fail "$1" "must be invalid (status $invalid), but xmllint ended with $status"
        return
    fi
    local reason
    reason=$(sed -n '1s/^<!-- refused: \(.*\) -->$/\1/p' "$1")
    if [[ -z $reason ]]; then
        fail "$1" "the first line must be a comment with the reason"
    elif [[ $message != *"$reason"* ]]; then
        fail "$1" "is refused for another reason than: $reason"
    else
        pass "$1" "refused: $reason"
    fi
}

# An empty folder stays a pattern and so a file that does not exist: a failure, not a silent success.
for file in "$tests"/samples/* "$tests"/accepted/*; do
    must_be_valid "$file"
done
for file in "$tests"/refused/*; do
    must_be_refused "$file"
done

echo "$passed passed, $failed failed"
((failed == 0))

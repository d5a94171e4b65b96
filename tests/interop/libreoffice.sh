#!/usr/bin/env bash
# What LibreOffice makes of our CSV files: opens those of the property tests as a person would (UTF-8, semicolon, all
# columns as text), saves them again, and has Python's csv module compare the values. The same for an error report,
# in which no formula may be left.
#
# By hand, after a change of what is written: `bash tests/interop/libreoffice.sh`. It wants soffice
# (libreoffice-calc-nogui on Debian) and python3.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Columns as text, more than there are: number/2 means text.
columns=$(seq --format '%g/2' --separator / 1 40)
# Separator ;, quotation mark ", UTF-8, from line 1; a quoted field is text, nothing else is looked for.
readonly as_text="Text - txt - csv (StarCalc):59,34,76,1,$columns,0,true,false"
# As it comes up when somebody opens the file without a second look: LibreOffice guesses numbers and formulas.
readonly as_guessed="Text - txt - csv (StarCalc):59,34,76,1,,0,false,true,false,false,false,-1,true"
# All values in quotation marks, as they are shown.
readonly to_csv="csv:Text - txt - csv (StarCalc):59,34,76,1,,0,true,true,false"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/kept" "$work/files"

CAREFLEX_KEEP_FILES=$work/kept cargo test --locked --quiet -p careflex --test formats found_out
for values in "$work"/kept/*.json; do
    if grep -q '"separator":";"' "$values"; then
        cp "$values" "${values%.json}.csv" "$work/files"
    fi
done

resave() {
    soffice -env:UserInstallation="file://$work/profile" --headless --infilter="$1" --convert-to "$to_csv" \
        --outdir "$work/saved" "${@:2}" >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
}

resave "$as_text" "$work"/files/*.csv
cp "$work"/files/*.json "$work/saved"
python3 tests/interop/python_csv.py --spreadsheet "$work/saved" 3

# Each value here would be computed, if it were taken for a formula.
printf '%s\n' 'employeeId;type;validFrom;createdAt;lastName;city' \
    '=1+1;RST;2026-12-01;20.11.2026;+1+1;-1+1' '@SUM(1);RST;x;2026-11-20;"=HYPERLINK(""http://x"")";=A1' \
    >"$work/formulas.csv"
cargo run --locked --quiet -p careflex-cli -- validate "$work/formulas.csv" --error-report "$work/errors.csv" \
    >"$work/said" 2>&1 && { echo "formulas are valid?" >&2; exit 1; }
resave "$as_guessed" "$work/errors.csv"
if grep --quiet --extended-regexp '"(2|0|1|x|#NAME\?|Err:[0-9]+)"' <(tail -n +2 "$work/saved/errors.csv" | tr ';' '\n' | grep -v '^"x"$' | grep -vx '"[23]"' ); then
    echo "LibreOffice has computed a value of the error report:" >&2
    cat "$work/saved/errors.csv" >&2
    exit 1
fi
echo "no value of the error report is computed"

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

# Each of these would be computed, if it were taken for a formula.
printf '%s\n' 'employeeId;type;validFrom;createdAt;lastName;city' \
    '=1+1;RST;x;x;+1+1;-1+1' '@SUM(1);RST;x;x;"=HYPERLINK(""http://x"")";=A1' >"$work/formulas.csv"
if cargo run --locked --quiet -p careflex-cli -- validate "$work/formulas.csv" \
    --error-report "$work/errors.csv" >"$work/said" 2>&1; then
    echo "formulas are valid?" >&2
    exit 1
fi
resave "$as_guessed" "$work/errors.csv"
python3 - "$work/errors.csv" "$work/saved/errors.csv" <<'PYTHON'
import csv
import sys

written, saved = (list(csv.DictReader(open(path, encoding="utf-8-sig", newline=""), delimiter=";")) for path in sys.argv[1:])
for column in ("employeeId", "lastName", "city"):
    before, after = ([row[column] for row in rows] for rows in (written, saved))
    if len(before) != 2 or before != after:
        sys.exit(f"LibreOffice has computed {column}: {before} became {after}")
print("no value of the error report is computed")
PYTHON

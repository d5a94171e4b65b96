"""Reads the files that the property tests have kept with Python's csv module: each must hold the values that
are beside it as JSON.

Usage: python_csv.py FOLDER [FEWEST]

FEWEST is how many files there must be at least; fewer mean that they were not kept. With --spreadsheet, the
files have been through a spreadsheet: it separates values by semicolons, and makes line breaks in a value line
feeds, of several at times one.
"""

import argparse
import csv
import json
import re
import sys
from pathlib import Path


def main(arguments):
    files = sorted(arguments.folder.glob("*.csv"))
    if len(files) < arguments.fewest:
        return f"only {len(files)} files were kept, not {arguments.fewest}"
    header = None
    records = 0
    for path in files:
        expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        separator, values = expected["separator"], expected["records"]
        if arguments.spreadsheet:
            separator = ";"
        with path.open(encoding="utf-8", newline="") as file:
            names, *found = csv.reader(file, delimiter=separator, strict=True)
        if arguments.spreadsheet:
            values, found = line_feeds(values), line_feeds(found)
        header = header or names
        if names != header:
            return f"{path.name}: the header differs from that of the first file"
        if found != values:
            return f"{path.name}: the values differ"
        records += len(found)
    if "employeeId" not in header:
        return "the header has no employeeId"
    print(f"{records} records in {len(files)} files are read as they were written")
    return 0


def line_feeds(records):
    return [[re.sub(r"[\r\n]+", "\n", value) for value in record] for record in records]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("fewest", type=int, nargs="?", default=90)
    parser.add_argument("--spreadsheet", action="store_true")
    sys.exit(main(parser.parse_args()))

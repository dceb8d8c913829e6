#!/usr/bin/env python3
"""Counts the obligations of docs/obligations.md against the tests that name them.

A test names what it shows in comment lines directly above it, `Obligation:` and names between commas. Fails when an obligation has no
test, when a test names one that is not in the table, and when the table's last column is not what the tests say. --write mends that column.
"""

import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs/obligations.md"
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]*) \| ?([^|]*) ?\|$")
NAMED = re.compile(r"^\s*(?://|#) Obligation: (.+)$")
TEST = re.compile(r"^\s*(?:(?:TYPED_)?TEST(?:_F|_P)?\(([^,]+), ([^)]+)\)|def (test_\w+)\()")


def test_files():
    yield from sorted((ROOT / "src").rglob("*_test.cpp"))
    yield from sorted((ROOT / "src").rglob("*_contract_test.h"))
    yield from sorted((ROOT / "tests").rglob("test_*.py"))


def tests_by_obligation():
    """obligation -> names of tests, and complaints about comments that stand above no test."""
    tests, complaints = collections.defaultdict(list), []
    for path in test_files():
        named = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if comment := NAMED.match(line):
                named += [name.strip() for name in comment.group(1).split(",")]
            elif test := TEST.match(line):
                name = test.group(3) or f"{test.group(1)}.{test.group(2)}"
                for obligation in named:
                    tests[obligation].append(name)
                named = []
            elif named and not line.strip().startswith(("@", "//", "#", "template")):
                complaints.append(f"{path.relative_to(ROOT)}:{number}: an obligation is named above no test")
                named = []
    return tests, complaints


def main():
    tests, complaints = tests_by_obligation()
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    known, missing, written = set(), [], []
    for line in lines:
        row = ROW.match(line)
        if not row:
            written.append(line)
            continue
        obligation, text, _ = row.groups()
        known.add(obligation)
        if not tests[obligation]:
            missing.append(obligation)
        written.append(f"| `{obligation}` | {text} | {', '.join(tests[obligation])} |")
    complaints += [f"no test shows {obligation}" for obligation in missing]
    complaints += [f"not in docs/obligations.md: {name}, of {', '.join(tests[name])}"
                   for name in sorted(tests) if tests[name] and name not in known]
    if "--write" in sys.argv[1:]:
        TABLE.write_text("\n".join(written) + "\n", encoding="utf-8")
    elif written != lines:
        complaints.append("docs/obligations.md is not what the tests say: tools/check_obligations.py --write")
    for complaint in complaints:
        print(complaint)
    shown = len({name for each in known for name in tests[each]})
    print(f"{len(known) - len(missing)} of {len(known)} obligations have a test; {shown} tests show them")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())

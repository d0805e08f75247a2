#!/usr/bin/env python3
"""Checks `docs/seeds.md`: every row of a table that ends in "Shown by" names tests that exist, or says why none does.

The last cell of a row holds names of tests in backquotes (of Rust functions, Python functions or, as they
stand, JavaScript titles), or begins with `no:` and a reason.
"""

import pathlib
import re
import sys

import rules

PAGE = rules.ROOT / "docs" / "seeds.md"
NAME = re.compile(r"`([^`]+)`")


def tests() -> set[str]:
    """Gathers the names of everything that may be a test."""
    found = set()
    for path in rules.sources():
        start = rules.STARTS[path.suffix]
        if path.suffix == ".toml":
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if (match := start.match(line)) and is_test(path, lines, number):
                found.add(match[1])
    return found


def is_test(path: pathlib.Path, lines: list[str], number: int) -> bool:
    """Tells a test of Rust from any other function: by its attribute, or as a story or a promise of the kit."""
    if path.suffix != ".rs" or "conformance" in path.parts:
        return True
    if path.is_relative_to(rules.ROOT / "tests" / "tests") and re.search(r"async fn|binary: Binary", lines[number]):
        return True
    above = lines[max(0, number - 4):number]
    return any(re.search(r"#\[(?:tokio::|rocket::async_)?test\b", line) for line in above)


def mistakes() -> list[str]:
    """Names the rows that show nothing."""
    known, wrong, rows, shown = tests(), [], 0, False
    for number, line in enumerate(PAGE.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("|"):
            shown = False
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if cells[-1] == "Shown by":
            shown = True
        elif shown and not set(line) <= set("|- "):
            rows += 1
            names = NAME.findall(cells[-1])
            if cells[-1].startswith("no:"):
                if len(cells[-1]) < 20:
                    wrong.append(f"{number}: a reason is more than {cells[-1]!r}")
            elif not names:
                wrong.append(f"{number}: no test and no reason")
            wrong += [f"{number}: there is no test {name!r}" for name in names if name not in known]
    if rows < 100:
        wrong.append(f"only {rows} rows were found: is the table still one?")
    else:
        print(f"{rows} rows, each with a test or a reason")
    return wrong


def main() -> int:
    """Checks the page."""
    found = mistakes()
    for mistake in found:
        print(f"docs/seeds.md:{mistake}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

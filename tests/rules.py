#!/usr/bin/env python3
"""Writes `tests/rules.md`: which test proves which rule of `rules.txt`, and what has no test yet.

A test proves a rule by its name (`r_026_code_used_twice`, `vuln_01_refresh_counter_race`, two rules
as `r_043_r_119_...`; in Python behind `test_`, in JavaScript inside the title), or by a comment line
directly above it:

    // proves: R-043, R-119, vuln_12

In `deny.toml` such a comment stands above the entry that keeps the vulnerability out.

A test inside `on_every_server!` is told on every adapter: the page marks it, and says which rules have
none such. What the macro makes of it is read from the macro. Run without an
argument it writes the file; with `--check` it only says whether the committed file is as it would be
written, and fails where it is not.

Beside each rule stand how many tests prove it, and how many patches of `tests/mutants` aim at one of them: were
seen to turn it red. A required rule that no patch aims at needs a line in the list that says why none can exist:

    no mutant: R-006 | the address is made by the types, and no branch decides it

`--self-test` runs the functions named f_55_... on a list, a test and a patch of their own.
"""

import contextlib
import io
import os
import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = ROOT / "tests" / "rules.txt"
PAGE = ROOT / "tests" / "rules.md"
MACRO = ROOT / "tests" / "src" / "macros.rs"
PATCHES = ROOT / "tests" / "mutants"
# The promises of every store stand once, and each store's tests are made of them.
KIT = "oauth-core/src/store/conformance/"
NOT_OURS = {".git", "target", "node_modules", "__pycache__"}

# What starts a test, by the file's extension; the name or title is in the first group that matched.
STARTS = {
    ".rs": re.compile(r"^\s*(?:pub(?:\(\w+\))?\s+)?(?:async\s+)?fn\s+(\w+)"),
    ".py": re.compile(r"^\s*(?:async\s+)?def\s+(test_\w+)"),
    ".js": re.compile(r"^\s*(?:await\s+)?(?:test|it)\(\s*[\"'`](.+?)[\"'`]\s*,"),
    ".toml": re.compile(r"^\s*(?:\{\s*)?(?:crate|name|features?)\s*=\s*\"([^\"]+)\""),
}
STAR = "\\*"
STORIES = re.compile(r"^(\s*)on_every_server! \{")
SERVER = re.compile(r"^\s*\$?(\w+): \w+ \w+,$", re.MULTILINE)
TAG = re.compile(r"^\s*(?://|#)\s*proves:\s*(.+?)\s*$")
NAMED = re.compile(r"(?<![a-z])((?:r_\d{3}_)+|(?:vuln_\d{2}_)+)")
RANGE = re.compile(r"(R-|vuln_)(\d+)(?:\.\.(?:R-|vuln_)?(\d+))?")
# A tag belongs to the test that starts within so many lines: attributes and comments may stand between.
NEAR = 10


class Mistake(Exception):
    """A name or a tag that proves nothing."""


def identifiers(text: str) -> list[str]:
    """Reads `R-001..R-003, vuln_07` as the identifiers that it names."""
    named = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = RANGE.fullmatch(part)
        if match is None:
            raise Mistake(f"{part!r} is not a rule, a vulnerability or a range of them")
        kind, first, last = match[1], int(match[2]), int(match[3] or match[2])
        named += [f"{kind}{number:0{len(match[2])}d}" for number in range(first, last + 1)]
    return named


def from_name(name: str) -> list[str]:
    """Reads the rules that a test's name begins with."""
    named = []
    for group in NAMED.findall(name):
        named += [f"R-{number}" for number in re.findall(r"r_(\d{3})_", group)]
        named += [f"vuln_{number}" for number in re.findall(r"vuln_(\d{2})_", group)]
    return named


def listed() -> tuple[dict[str, tuple[str, str]], set[str], dict[str, str]]:
    """Reads the list: identifier to source and words, the identifiers that are required, and why some have no mutant."""
    rules, required, without = {}, set(), {}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("required:"):
            required.update(identifiers(line.removeprefix("required:")))
        elif line.startswith("no mutant:"):
            named, reason = line.removeprefix("no mutant:").split("|", 1)
            without.update(dict.fromkeys(identifiers(named), reason.strip()))
        elif line and not line.startswith("#"):
            identifier, source, words = (part.strip() for part in line.split(" | ", 2))
            rules[identifier] = (source, words)
    if missing := required - rules.keys():
        raise Mistake(f"required and not listed: {', '.join(sorted(missing))}")
    if unknown := without.keys() - rules.keys():
        raise Mistake(f"without a mutant and not listed: {', '.join(sorted(unknown))}")
    return rules, required, without


def sources() -> list[pathlib.Path]:
    """Finds the files that may hold tests."""
    found = [ROOT / "deny.toml"] if (ROOT / "deny.toml").exists() else []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in NOT_OURS)
        found += [pathlib.Path(folder, name) for name in sorted(files) if pathlib.Path(name).suffix in (".rs", ".py", ".js")]
    return [path for path in found if path != pathlib.Path(__file__).resolve()]


def servers() -> list[str]:
    """Reads on which servers a story is told, by the names of the tests that the macro makes of it."""
    return SERVER.findall(MACRO.read_text(encoding="utf-8"))


def proofs(path: pathlib.Path) -> list[tuple[str, bool, list[str]]]:
    """Gives each test of a file that proves something, whether it is told everywhere, and the rules that it proves."""
    start, found, tagged, tagged_at, end = STARTS[path.suffix], [], [], 0, None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if stories := STORIES.match(line):
            end = stories[1] + "}"
        elif line == end:
            end = None
        if tag := TAG.match(line):
            try:
                tagged, tagged_at = tagged + identifiers(tag[1]), number
            except Mistake as mistake:
                raise Mistake(f"{path.relative_to(ROOT)}:{number}: {mistake}") from None
        elif test := start.match(line):
            if proved := list(dict.fromkeys(from_name(test[1]) + tagged)):
                found.append((test[1], end is not None, proved))
            tagged = []
        if tagged and number - tagged_at > NEAR:
            raise Mistake(f"{path.relative_to(ROOT)}:{tagged_at}: no test follows this tag")
    if tagged:
        raise Mistake(f"{path.relative_to(ROOT)}:{tagged_at}: no test follows this tag")
    return found


def aims() -> list[tuple[str, str]]:
    """Reads what each mutant aims at: the folder of a package, and a part of the names of its tests."""
    found = []
    for patch in sorted(PATCHES.glob("*.patch")):
        said = re.search(r"^# test: -p (\S+)(.*)$", patch.read_text(encoding="utf-8"), re.MULTILINE)
        words = said[2].split() if said else []
        named = [word for word, before in zip(words, ["", *words]) if not word.startswith("-") and not before.startswith("--") or before in ("--lib", "--all-features")]
        if said and named:
            place = {"oauth-tests": "tests/tests/", "oauth-campaign": "tests/campaign/"}.get(said[1], f"{said[1]}/")
            found.append((place, re.sub(rf"(::({'|'.join(servers())}))?(::)?$", "", named[-1])))
    return found


def aimed_at(path: pathlib.Path, name: str, mutants: list[tuple[str, str]]) -> int:
    """Counts the mutants that aim at a test."""
    place = path.relative_to(ROOT).as_posix()
    whole = "::".join((*re.sub(r"^.*?(?:tests/all|tests|src)/", "", place).removesuffix(".rs").removesuffix("/mod").split("/"), name))
    return sum(1 for folder, part in mutants if part in whole and (place.startswith(folder) or place.startswith(KIT)))


def collect(rules: dict[str, tuple[str, str]]) -> tuple[dict[str, list[str]], set[str], dict[str, int]]:
    """Gathers the tests of each rule, as links, the rules that have one on every adapter, and each one's mutants."""
    tests: dict[str, list[str]] = {identifier: [] for identifier in rules}
    everywhere, mutants, all_mutants = set(), dict.fromkeys(rules, 0), aims()
    for path in sources():
        place = os.path.relpath(path, PAGE.parent)
        for name, is_story, proved in proofs(path):
            aiming = aimed_at(path, name, all_mutants)
            for identifier in proved:
                if identifier not in tests:
                    raise Mistake(f"{path.relative_to(ROOT)}: {name} proves {identifier}, which is not in the list")
                words = name.replace("|", "/").replace("`", "'")
                # A ban is tried by raising its bound (.ci/run), which is a mutant of it.
                mutants[identifier] += 1 if path.suffix == ".toml" else aiming
                tests[identifier].append(f"[`{words}`]({place}){STAR if is_story else ''}")
                if is_story:
                    everywhere.add(identifier)
    return tests, everywhere, mutants


def summary(title: str, kind: str, tests: dict[str, list[str]], required: set[str], everywhere: set[str]) -> list[str]:
    """Says how many of one kind are proved, where, and which are not."""
    needed = sorted(identifier for identifier in required if identifier.startswith(kind))
    open_now = [identifier for identifier in needed if not tests[identifier]]
    later = [name for name in tests if name.startswith(kind) and name not in required and not tests[name]]
    lines = [f"**{title}: {len(needed) - len(open_now)} of the {len(needed)} that are required have a test.**", ""]
    inside = [identifier for identifier in needed if tests[identifier] and identifier not in everywhere]
    lines += [f"**{len(needed) - len(open_now) - len(inside)} of them have one on every adapter.**", ""]
    lines += [f"By unit tests, clients and browsers or the list of bans only: {', '.join(inside) or 'none'}.", ""]
    lines += [f"Required and without a test: {', '.join(open_now) or 'none'}.", ""]
    lines += [f"Not required yet and without a test: {', '.join(later) or 'none'}.", ""]
    return lines


def page() -> str:
    """Writes the page."""
    rules, required, _ = listed()
    tests, everywhere, mutants = collect(rules)
    told = ", ".join(f"`{name}`" for name in servers())
    lines = ["# Rules and their tests", "", "Written by `tests/rules.py` from `rules.txt` and the names of the tests; do not edit.", ""]
    lines += [f"{STAR} is told on every adapter and every store, as pairs of them: {told} of `tests/src/macros.rs`.", ""]
    for title, kind in (("Rules", "R-"), ("Vulnerabilities of others", "vuln_")):
        lines += [f"## {title}", "", *summary(title, kind, tests, required, everywhere)]
        lines += ["| | from | in few words | tests, mutants | tests |", "|---|---|---|---|---|"]
        for identifier, (source, words) in rules.items():
            if identifier.startswith(kind):
                proved = "<br>".join(tests[identifier]) or ("**none**" if identifier in required else "later")
                counts = f"{len(tests[identifier])}, {mutants[identifier]}"
                lines.append(f"| {identifier} | {source} | {words} | {counts} | {proved} |")
        lines.append("")
    return "\n".join(lines)


def unaimed() -> list[str]:
    """Names the required rules that no mutant aims at, and that have no reason for it."""
    rules, required, without = listed()
    mutants = collect(rules)[2]
    return sorted(identifier for identifier in required - without.keys() if not mutants[identifier])


def in_a_tree(required: str, patch: str) -> tuple[int, str]:
    """Runs the check of a tree with three rules and two tests, and gives how it ended and the page."""
    global ROOT, LIST, PAGE, MACRO, PATCHES
    kept = ROOT, LIST, PAGE, MACRO, PATCHES
    with tempfile.TemporaryDirectory() as folder:
        ROOT = pathlib.Path(folder)
        LIST, PAGE, MACRO, PATCHES = (ROOT / name for name in ("rules.txt", "rules.md", "macros.rs", "mutants"))
        rules = "".join(f"R-00{number} | RFC 6749 | few words\n" for number in (1, 2, 3))
        PATCHES.mkdir()
        (ROOT / "api" / "src").mkdir(parents=True)
        for path, text in (
            (LIST, f"required: {required}\nno mutant: R-003 | the types decide it\n\n{rules}"),
            (MACRO, ""),
            (ROOT / "api" / "src" / "lib.rs", "fn r_001_one() {}\nfn r_002_two() {}\nfn r_003_three() {}\n"),
            (PATCHES / "one.patch", f"# removes: a check\n# test: {patch}\n"),
        ):
            path.write_text(text, encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            status = main([])
        text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    ROOT, LIST, PAGE, MACRO, PATCHES = kept
    return status, text


def f_55_the_table_counts_the_mutants_of_each_rule() -> None:
    """A rule that a patch aims at has one, and one that needs none has its reason."""
    status, text = in_a_tree("R-001, R-003", "-p api --lib r_001_one")
    assert status == 0, status
    assert "| R-001 | RFC 6749 | few words | 1, 1 |" in text and "| R-003 | RFC 6749 | few words | 1, 0 |" in text, text


def f_55_a_required_rule_without_a_mutant_is_refused() -> None:
    """Neither a patch on the test of another rule nor one on another crate is a mutant of it."""
    for required, patch in (("R-001..R-002", "-p api --lib r_001_one"), ("R-001", "-p other --lib r_001_one"), ("R-001", "-p api --lib")):
        assert in_a_tree(required, patch) == (1, ""), (required, patch)
    assert in_a_tree("R-001..R-002", "-p api --lib r_00")[0] == 0


def self_test() -> int:
    """Runs the functions that prove what this program does."""
    for name, test in [(name, test) for name, test in globals().items() if name.startswith("f_55_")]:
        test()
        print(f"ok  {name}")
    return 0


def main(arguments: list[str]) -> int:
    """Writes or checks the page."""
    try:
        text, without = page(), unaimed()
    except Mistake as mistake:
        print(f"tests/rules.py: {mistake}", file=sys.stderr)
        return 1
    for line in text.splitlines():
        if line.startswith("**"):
            print(line.strip("*"))
    print(f"{len(without)} required rules have no mutant: {', '.join(without) or 'none'}")
    if without:
        print("tests/rules.py: write a patch in tests/mutants, or say in rules.txt why none can exist", file=sys.stderr)
        return 1
    if arguments == ["--check"]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            print("tests/rules.md is not what tests/rules.py writes: run it and commit the file", file=sys.stderr)
            return 1
    elif arguments:
        print("usage: tests/rules.py [--check | --self-test]", file=sys.stderr)
        return 2
    else:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(self_test() if sys.argv[1:] == ["--self-test"] else main(sys.argv[1:]))

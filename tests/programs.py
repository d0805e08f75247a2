#!/usr/bin/env python3
"""Builds test programs once and runs them, two at a time, each in the folder of its package as cargo does.

    tests/programs.py build NAME ARGUMENTS OF CARGO TEST...   builds them, and notes them under a name
    tests/programs.py run [--at-once N] NAME...               runs those noted, the longest first
    tests/programs.py run --only FILTER NAME...               runs the tests whose names hold it, four programs at a time

What a program says is kept in the target directory under `test-logs`; of one that fails it is shown. Each gets
a line with its time and counts, and the last line is `N passed, N failed`. An ignored test, a program that runs
no test, and one that ends without saying so count as failed.
"""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
LOGS = TARGET / "test-logs"
CLOSING = re.compile(rb"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;", re.MULTILINE)
# No program may take longer; the longest takes a few minutes.
LIMIT = 1800


@dataclasses.dataclass
class Program:
    """A test program, or a command that says the same: where it runs, and what it is started by."""

    name: str
    folder: pathlib.Path
    command: list[str]
    target: str = ""
    environment: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Outcome:
    """What a program said of itself."""

    program: Program
    passed: int
    failed: int
    seconds: float
    log: pathlib.Path


def build(arguments: list[str], folder: pathlib.Path = ROOT, messages: list | None = None, **environment: str) -> list[Program]:
    """Builds with the arguments of `cargo test`, and gives the programs; fails as cargo does."""
    command = ["cargo", "test", "--locked", "--no-run", "--message-format=json-render-diagnostics", *arguments]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, env={**os.environ, **environment}) as cargo:
        said = [json.loads(line) for line in cargo.stdout if line.startswith(b"{")]
    if messages is not None:
        messages += said
    if cargo.returncode:
        raise SystemExit(cargo.returncode)
    programs = []
    for artifact in said:
        if artifact["reason"] == "compiler-artifact" and artifact["profile"]["test"] and artifact["executable"]:
            package = pathlib.Path(artifact["manifest_path"]).parent
            kind = artifact["target"]["kind"][0]
            target = artifact["target"]["name"] if kind == "test" else kind
            name = "-".join((*package.relative_to(folder).parts, target))
            programs.append(Program(name, package, [artifact["executable"]], target, {"CARGO_MANIFEST_DIR": str(package)}))
    return programs


def run(program: Program, limit: int = LIMIT) -> Outcome:
    """Runs one to its end and counts what it says."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log, start = LOGS / f"{program.name}.log", time.monotonic()
    with log.open("wb") as file:
        command = ["timeout", "--kill-after=20", str(limit), *program.command]
        environment = {**os.environ, "CARGO": "cargo", **program.environment}
        status = subprocess.run(
            command, cwd=program.folder, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=False
        ).returncode
    counts = [tuple(map(int, match)) for match in CLOSING.findall(log.read_bytes())]
    passed, failed = sum(count[0] for count in counts), sum(count[1] + count[2] for count in counts)
    # A harness of a crate without unit tests runs none; anyone who builds a program by name wants its tests.
    silent = not counts or (program.target not in ("lib", "bin", "filtered") and not passed)
    if not failed and (status or silent):
        failed = 1
    return Outcome(program, passed, failed, time.monotonic() - start, log)


def run_all(programs: list[Program], at_once: int) -> list[Outcome]:
    """Runs all, the longest first, and says of each how it ended."""
    known = times()
    # What was never run may be the longest, and a big program is likely to be.
    size = lambda program: os.path.getsize(program.command[0])
    order = sorted(programs, key=lambda program: (-known.get(program.name, float("inf")), -size(program)))
    outcomes = []
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run, program) for program in order]):
            outcome = done.result()
            outcomes.append(outcome)
            print(f"{outcome.program.name}: {outcome.passed} passed, {outcome.failed} failed, {outcome.seconds:.1f} s", flush=True)
            if outcome.failed:
                print(outcome.log.read_text(encoding="utf-8", errors="replace"), flush=True)
    known.update({outcome.program.name: outcome.seconds for outcome in outcomes})
    (LOGS / "times.json").write_text(json.dumps(known, indent=1, sort_keys=True), encoding="utf-8")
    return outcomes


def times() -> dict[str, float]:
    """Reads how long each program took when it ran here last."""
    path = LOGS / "times.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def main(arguments: list[str]) -> int:
    """Builds or runs."""
    filters: list[str] = []
    match arguments:
        case ["build", name, *rest]:
            LOGS.mkdir(parents=True, exist_ok=True)
            noted = [dataclasses.asdict(program) for program in build(rest)]
            for program in noted:
                program["name"], program["folder"] = f"{name}-{program['name']}", str(program["folder"])
            (LOGS / f"{name}.programs").write_text(json.dumps(noted), encoding="utf-8")
            return 0
        case ["run", "--at-once", number, *names] if names:
            at_once = int(number)
        case ["run", "--only", word, *names] if names:
            at_once, filters = 4, [word]
        case ["run", *names] if names:
            at_once = 2
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    read = [program for name in names for program in json.loads((LOGS / f"{name}.programs").read_text(encoding="utf-8"))]
    for program in read:
        program["folder"], program["command"] = pathlib.Path(program["folder"]), program["command"] + filters
        program["target"] = "filtered" if filters else program["target"]
    outcomes = run_all([Program(**program) for program in read], at_once)
    passed, failed = (sum(getattr(outcome, what) for outcome in outcomes) for what in ("passed", "failed"))
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

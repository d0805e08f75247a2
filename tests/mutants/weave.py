"""Weaves patches into the functions that they change, each behind a switch, so that one build has them all.

A function `fn f() -> bool { A }`, whose body two patches change, becomes

    fn f() -> bool { if ON("one") { B } else if ON("two") { C } else { A } }

where ON reads the environment variable MUTANT once. What cannot be woven (a constant, an attribute, a
signature) raises `CannotWeave`, and is built alone.
"""

import difflib
import pathlib
import re
import subprocess
import tempfile

# What is no code: a brace in it counts for nothing. A lifetime is code, a character is not.
NO_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|b?c?r(?P<hashes>\#*)".*?"(?P=hashes)|b?c?"(?:\\.|[^"\\])*"|b?'(?:\\[^'\n]+|[^\\'\n])'""", re.DOTALL
)
FUNCTION = re.compile(r"\bfn\s+\$?\w+")
CONSTANT = re.compile(r"\bconst\s+(?:unsafe\s+)?$")
IMPLIED = re.compile(r"->\s*impl\b(?!\s+(?:Future|std::future::Future)\b)")
ASYNC_BLOCK = re.compile(r"\s*async\s+(?:move\s+)?(?=\{)")
PAIRS = {"(": ")", "[": "]", "{": "}"}


class CannotWeave(Exception):
    """A patch needs a build to itself; says why."""


def code_of(text: str) -> str:
    """Blanks comments, strings and characters, so that positions stay."""
    return NO_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def end_of(code: str, start: int) -> int:
    """Finds the brace that closes the one at a position."""
    depth = 0
    for position in range(start, len(code)):
        depth += {"{": 1, "}": -1}.get(code[position], 0)
        if depth == 0:
            return position
    raise CannotWeave("its braces do not match")


def bodies(text: str) -> list[tuple[int, int]]:
    """Finds the insides of all function bodies, as positions behind `{` and at `}`."""
    code, found = code_of(text), []
    for name in FUNCTION.finditer(code):
        if CONSTANT.search(code[: name.start()]):
            continue
        waiting = []
        for position in range(name.end(), len(code)):
            sign = code[position]
            if sign == "{" and not waiting:
                # What `impl` stands for is one type, and two bodies have two.
                if IMPLIED.search(code[name.end() : position]):
                    break
                end = end_of(code, position)
                # All that happens is in the block, and two blocks of the same function differ in type.
                if (block := ASYNC_BLOCK.match(code, position + 1)) and not code[end_of(code, block.end()) + 1 : end].strip():
                    position, end = block.end(), end_of(code, block.end())
                found.append((position + 1, end))
                break
            if sign == ";" and not waiting:
                break
            if sign in PAIRS:
                waiting.append(PAIRS[sign])
            elif waiting and sign == waiting[-1]:
                waiting.pop()
    return found


def changes(before: str, after: str) -> list[tuple[int, int, str]]:
    """Gives what a patch changes: from, until, and the text that comes there instead."""
    old, new, found = before.splitlines(True), after.splitlines(True), []
    start = [0]
    for line in old:
        start.append(start[-1] + len(line))
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        one, other = "".join(old[a:b]), "".join(new[c:d])
        same = len(_common(one, other))
        tail = len(_common(one[same:][::-1], other[same:][::-1]))
        found.append((start[a] + same, start[b] - tail, other[same : len(other) - tail]))
    return found


def _common(one: str, other: str) -> str:
    for position, (left, right) in enumerate(zip(one, other)):
        if left != right:
            return one[:position]
    return min(one, other, key=len)


def split(before: str, after: str) -> dict[tuple[int, int], str]:
    """Gives each body that a patch changes with what stands in it then."""
    inside, changed = bodies(before), {}
    for start, end, text in changes(before, after):
        around = [body for body in inside if body[0] <= start and end <= body[1]]
        if not around:
            raise CannotWeave("it changes more than the inside of functions")
        changed.setdefault(max(around), []).append((start, end, text))
    # Of two functions of which one is in the other, the outer one has both changes.
    outer = {body: next(o for o in sorted(changed) if o[0] <= body[0] and body[1] <= o[1]) for body in changed}
    result = {}
    for body in set(outer.values()):
        parts, position = [], body[0]
        for start, end, text in sorted(change for inner, edits in changed.items() if outer[inner] == body for change in edits):
            parts += [before[position:start], text]
            position = end
        inside_now = "".join(parts) + before[position : body[1]]
        if end_of(code_of("{" + inside_now + "}"), 0) != len(inside_now) + 1:
            raise CannotWeave("its braces do not match")
        result[body] = inside_now
    return result


def switch(name: str) -> str:
    """Writes the condition that is true if a mutant is switched on."""
    read = f'::std::env::var("MUTANT").is_ok_and(|on| on == "{name}")'
    return f"{{ static ON: ::std::sync::OnceLock<bool> = ::std::sync::OnceLock::new(); *ON.get_or_init(|| {read}) }}"


def woven(text: str, mutants: dict[str, dict[tuple[int, int], str]]) -> str:
    """Writes a file with all of its mutants; each stands between comments with its name."""
    by_body: dict[tuple[int, int], list[tuple[str, str]]] = {}
    for name, changed in sorted(mutants.items()):
        for body, instead in changed.items():
            by_body.setdefault(body, []).append((name, instead))

    def write(start: int, end: int) -> str:
        parts, position = [], start
        for body in sorted(by_body, key=lambda body: (body[0], -body[1])):
            if body[0] < position or body[1] > end or body == (start, end):
                continue
            parts += [text[position : body[0]], arms(body)]
            position = body[1]
        return "".join(parts) + text[position:end]

    def arms(body: tuple[int, int]) -> str:
        chosen = by_body[body]
        arms = "".join(f"if {switch(name)} {{ /*mutant {name}*/{instead}\n/*end*/ }} else " for name, instead in chosen)
        names = " ".join(name for name, _ in chosen)
        return f" {arms}{{ /*original {names}*/{write(*body)}\n/*end*/ }} "

    return write(0, len(text))


# How oauth-redis/src/script.rs joins a script of its files, and how it does with other texts for some of them.
JOINED = 'const TEXT: &str = concat!($(include_str!(concat!("lua/", $file, ".lua"))),+);'
SWITCHED = """#[allow(non_snake_case)]
                let TEXT: &'static str = [$(switched($file, include_str!(concat!("lua/", $file, ".lua")))),+].concat().leak();"""


def woven_scripts(text: str, scripts: dict[str, dict[str, str]]) -> tuple[str, dict[str, str]]:
    """Rewrites the file that includes the Lua scripts, so that a mutant has its own; gives these files too."""
    if text.count(JOINED) != 1:
        raise CannotWeave("the scripts are joined in another way than weave.py knows")
    files, arms = {}, []
    for name, mutants in sorted(scripts.items()):
        stem = name.rsplit("/", 1)[1].removesuffix(".lua")
        for mutant, content in sorted(mutants.items()):
            files[name.replace(f"{stem}.lua", f"{stem}.{mutant}.lua")] = content
            arms.append(f'("{mutant}", "{stem}") => include_str!("lua/{stem}.{mutant}.lua"),')
    switched = f"""
fn switched(file: &str, text: &'static str) -> &'static str {{
    match (::std::env::var("MUTANT").unwrap_or_default().as_str(), file) {{
        {" ".join(arms)}
        _ => text,
    }}
}}
"""
    return text.replace(JOINED, SWITCHED) + switched, files


def mutant_at(text: str, position: int) -> list[str]:
    """Names the mutants in whose text, or in whose function, a position lies: for what the compiler refuses."""
    open_now: list[list[str]] = []
    for mark in re.finditer(r"/\*(?:(?:mutant|original) ([\w ]+)|end)\*/", text):
        if mark.start() > position:
            break
        if mark[1]:
            open_now.append(mark[1].split())
        elif open_now:
            open_now.pop()
    return open_now[-1] if open_now else []


def patched(root: pathlib.Path, patch: pathlib.Path) -> dict[str, tuple[str, str]]:
    """Gives each file that a patch changes, before and after; raises if it does not apply."""
    names = re.findall(r"^\+\+\+ b/(\S+)", patch.read_text(encoding="utf-8"), re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            copy = pathlib.Path(folder, name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((root / name).read_bytes())
        command = ["patch", "-p1", "--fuzz=0", "--quiet", "--forward", "--no-backup-if-mismatch", "--directory", folder]
        if subprocess.run([*command, "--input", str(patch)], capture_output=True, check=False).returncode:
            raise ValueError("the patch does not apply as it stands (patch --fuzz=0): fit it anew")
        read = lambda place: pathlib.Path(place).read_text(encoding="utf-8")
        return {name: (read(root / name), read(pathlib.Path(folder, name))) for name in names}

#!/usr/bin/env python3
"""The house rules that no compiler checks: who may include what, where coroutines live, how long a file may be.

Prints one line per breach and exits 1 when there is any. Rules: docs/architecture.md.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_LINES = 500

# Third-party headers and the modules that may include them.
OWNERS = {
    r"boost/(asio|beast)": {"net", "http"},
    r"boost/json": {"api", "fhir", "dicom", "app"},
    r"boost/url": {"http"},
    r"openssl/": {"base", "net", "http", "fhir"},
    r"curl/": {"net"},
    r"sqlite3\.h": {"index"},
    r"libpq": {"index"},
    r"zstd\.h|zdict\.h": {"index", "http"},
    r"zlib\.h": {"dicom", "http"},
    r"unicode/": {"dicom", "fhir"},
    r"pugixml": {"dicom"},
    r"toml\+\+": {"app"},
    r"CLI/": {"app", "isocenter"},
    r"spdlog/": {"base"},
    r"prometheus/": {"base"},
    r"dcmtk/": {"codec", "dimse"},
    r"png\.h|gif_lib\.h": {"codec"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
FORBIDDEN = [
    (re.compile(r"\bco_await\b|\bco_return\b|\bco_yield\b"), {"net", "http"}, "coroutines live in net and http"),
    (re.compile(r"\.detach\(\)"), set(), "no detached threads"),
    (re.compile(r"\bsleep_for\b|\busleep\(|\bsleep\("), set(), "no sleeping"),
    (re.compile(r"\bgetenv\("), {"app"}, "the environment is read in app only"),
    (re.compile(r"\bTODO\b|\bFIXME\b|\bXXX\b"), set(), "open work belongs into an issue"),
]


# g++ 12 lays out such coroutines wrongly (docs/decisions/0005-coroutines.md).
AWAIT_IN_CONDITION = re.compile(r"\b(if|while|switch|for)\s*(constexpr\s*)?\(")
AWAIT_BESIDE_OPERATOR = re.compile(r"(&&|\|\||\?)\s*[(!]*\s*co_await\b|\bco_await\b.*(&&|\|\||\?)")


def sources():
    for folder in ("src", "apps", "tests/fuzz", "bench"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".h", ".cpp"):
                yield path


def module_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[1] if len(parts) > 2 else parts[0]


def code_only(line):
    """The line without string literals and comments, so that words in them do not count."""
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    return line.split("//")[0]


def parenthesized(text, begin):
    """The text from the '(' at `begin` to the ')' that belongs to it."""
    depth = 0
    for at in range(begin, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return text[begin : at + 1]
    return text[begin:]


def awaits_in_conditions(lines):
    """Numbers of the lines where a condition, or an operand of one, awaits."""
    text = "\n".join(code_only(line) for line in lines)
    for match in AWAIT_IN_CONDITION.finditer(text):
        if re.search(r"\bco_await\b", parenthesized(text, match.end() - 1)):
            yield text.count("\n", 0, match.start()) + 1
    position = 0
    for statement in re.split(r"(?<=[;{}])", text):
        match = AWAIT_BESIDE_OPERATOR.search(re.sub(r"^\s*(else\s+)?(if|while)\s*", "", statement))
        if match and not AWAIT_IN_CONDITION.search(statement):
            yield text.count("\n", 0, position + len(statement) - len(statement.lstrip())) + 1
        position += len(statement)


def public_modules():
    """Of each module, those whose headers its own may include: itself and what follows PUBLIC, to the end."""
    direct = {}
    for path in (ROOT / "src").glob("*/CMakeLists.txt"):
        call = re.search(r"add_module\((\w+)([^)]*)\)", path.read_text(encoding="utf-8"))
        if call:
            words = re.search(r"\bPUBLIC((?:\s+[a-z]\w*)*)", call.group(2))
            direct[call.group(1)] = set(words.group(1).split()) if words else set()
    reached = {}
    for module in direct:
        reached[module], open_ends = {module}, [module]
        while open_ends:
            new = direct.get(open_ends.pop(), set()) - reached[module]
            reached[module] |= new
            open_ends.extend(new)
    return reached


PUBLIC = public_modules()


def check_own_header(path, includes):
    """What spares most headers a compilation of their own: the source of the same name reads them before all else,
    and of other modules they include only what every user of this one sees too (cmake/Module.cmake)."""
    name = path.relative_to(ROOT)
    if path.suffix == ".h" and name.parts[0] == "src":
        for number, include in includes:
            other = include.split("/")[0]
            if other in PUBLIC and other not in PUBLIC[module_of(path)]:
                yield f"{name}:{number}: a header of this module may not include {other}, which is not PUBLIC to it"
    if path.suffix == ".cpp" and path.with_suffix(".h").exists():
        own = path.with_suffix(".h").name
        if not includes or pathlib.PurePath(includes[0][1]).name != own:
            yield f"{name}: includes {own} before all else"


def check_cpp(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    name = path.relative_to(ROOT)
    module = module_of(path)
    is_test = path.name.endswith(("_test.cpp", "contract_test.h", "_bench.cpp"))
    if len(lines) > MAX_LINES:
        yield f"{name}: {len(lines)} lines, at most {MAX_LINES}"
    includes = [(number, found.group(1)) for number, line in enumerate(lines, 1) if (found := INCLUDE.match(line))]
    if not path.name.endswith("contract_test.h"):
        yield from check_own_header(path, includes)
    for number in awaits_in_conditions(lines):
        yield f"{name}:{number}: no co_await in a condition (docs/decisions/0005-coroutines.md)"
    for number, include in includes:
        for pattern, owners in OWNERS.items():
            if re.match(pattern, include) and module not in owners and not is_test:
                yield f"{name}:{number}: {include} may be included in {', '.join(sorted(owners))} only"
    for number, line in enumerate(lines, 1):
        for pattern, allowed, reason in FORBIDDEN:
            subject = line if "TODO" in pattern.pattern else code_only(line)
            if pattern.search(subject) and module not in allowed and not is_test:
                yield f"{name}:{number}: {reason}"


def check_python(path):
    count = len(path.read_text(encoding="utf-8").splitlines())
    if count > MAX_LINES:
        yield f"{path.relative_to(ROOT)}: {count} lines, at most {MAX_LINES}"


def check_conformance_statement():
    """docs/conformance.md names tests that exist, and all tests of scenarios."""
    statement = ROOT / "docs/conformance.md"
    named = set(re.findall(r"`(test_\w+)`", statement.read_text(encoding="utf-8")))
    files = list((ROOT / "tests/conformance").glob("test_*.py"))
    defined = {name for path in files for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)}
    for name in sorted(named - defined):
        yield f"docs/conformance.md: there is no {name} in tests/conformance"
    for name in sorted(defined - named):
        if re.match(r"test_[A-Z]{2}_\d\d_", name):
            yield f"docs/conformance.md: {name} is missing"


def main():
    breaches = [breach for path in sources() for breach in check_cpp(path)]
    for folder in ("tests", "tools", "bench"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            breaches.extend(check_python(path))
    breaches.extend(check_conformance_statement())
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())

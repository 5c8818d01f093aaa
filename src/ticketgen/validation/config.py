"""``ticketgen.toml``: defaults for the options of `ticketgen validate`.

```toml
[validate]
min-severity = "warning"
ignore = ["unused-declaration"]
```

There is no key for ``--budget``: the file is in the repository, whose authors do not decide how much work a runner
does.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ticketgen.findings import Checked, Finding, Location, Severity
from ticketgen.findings.spec import INVALID_CONFIG
from ticketgen.guesses import did_you_mean
from ticketgen.safe_open import IN_THE_REPOSITORY, NotRegularFile, read_within_area
from ticketgen.upward_search import find_upwards

__all__ = ["KEYS", "NAMES", "Config", "read_config"]

NAMES = ("ticketgen.toml", ".ticketgen.toml")

KEYS: Mapping[str, str] = MappingProxyType({
    "min-severity": '`"error"`, `"warning"` or `"note"`: report nothing less severe',
    "select": "a list of rules: report these only",
    "ignore": "a list of rules: do not report these",
    "strict": "`true` or `false`: whether to fail where something was not checked",
    "stack-rules": "`true` or `false`: whether the rules about stacks apply to all Terraform, or to none",
})  # fmt: skip
"""The keys of ``[validate]``, and the values of each."""

_TABLE = "validate"
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Config:
    """The ``[validate]`` of the nearest file; without one, all findings are reported.

    Attributes:
        file: its path, which the current folder can open; None if there is none.
        min_severity: the lowest severity that is reported; None if it is not set.
        select: the only rules that are reported; empty for all.
        ignore: rules that are not reported.
        strict: whether findings about unchecked code are errors; None if it is not set.
        stack_rules: whether the rules about stacks apply; None if it is not set.
    """

    file: Path | None = None
    min_severity: Severity | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool | None = None
    stack_rules: bool | None = None


def read_config(base: Path, shown: Callable[[Path], str] = str) -> Checked[Config]:
    """The configuration in a folder or the nearest above it, or all its errors.

    Args:
        base: the folder where the search begins.
        shown: formats a path for a message.
    """
    found = find_upwards(base, NAMES)
    if not found:
        return Checked(Config())
    if len(found) > 1:
        message = f"{shown(found[0])} and {shown(found[1])} are both here"
        return Checked(None, (_finding(message, Location(str(found[0])), "delete one of them"),))
    (file,) = found
    top = Location(str(file))
    try:
        text = read_within_area(file, _MAX_BYTES).decode("utf-8-sig")
        document = tomllib.loads(text)
    except OSError as error:
        message = f"{shown(file)} cannot be read: {error.strerror}"
        help = IN_THE_REPOSITORY if isinstance(error, NotRegularFile) else "make it a readable file"
        return Checked(None, (_finding(message, top, help),))
    except UnicodeDecodeError as error:
        message = f"{shown(file)} is not UTF-8: {error.reason} at byte {error.start}"
        return Checked(None, (_finding(message, top, "save it as UTF-8"),))
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        numbers = map(int, place.groups()) if place else (text.count("\n") + 1,)  # (at end of document)
        at = Location(str(file), *numbers)
        what = re.sub(r" \(at .*\)$", "", str(error))
        return Checked(None, (_finding(f"{shown(file)} is not TOML: {what}", at, "correct it there"),))
    except (ValueError, RecursionError):
        message = f"{shown(file)} has a number of too many digits, or values that are nested too deep"
        return Checked(None, (_finding(message, top, f"keep only the table [{_TABLE}]"),))
    findings = tuple(_problems(document, text, file))
    if findings:
        return Checked(None, findings)
    table = document.get(_TABLE, {})
    least = table.get("min-severity")
    severity = None if least is None else Severity(least)
    select, ignore = tuple(table.get("select", ())), tuple(table.get("ignore", ()))
    strict, stack_rules = table.get("strict"), table.get("stack-rules")
    return Checked(Config(file, severity, select, ignore, strict, stack_rules))


def _problems(document: Mapping[str, object], text: str, file: Path) -> Iterator[Finding]:
    def at(word: str) -> Location:
        """The first line with the key or value, whose place TOML's reader does not say."""
        for number, line in enumerate(text.split("\n"), 1):
            match = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", line.partition("#")[0])
            if match:
                return Location(str(file), number, match.start() + 1)
        return Location(str(file))

    for key in document:
        if key in KEYS:
            yield _finding(
                f"{key!r} stands above the table [{_TABLE}]", at(key), f"write [{_TABLE}] on a line above it"
            )
        elif key != _TABLE:
            help = did_you_mean(key, [_TABLE], f"write [{_TABLE}]: there is no other table")
            yield _finding(f"unknown table {key!r}", at(key), help)
    table = document.get(_TABLE, {})
    if not isinstance(table, dict):
        yield _finding(f"{_TABLE} is not a table", at(_TABLE), f"write [{_TABLE}] and its keys below it")
        return
    for key, value in table.items():
        if key not in KEYS:
            help = did_you_mean(key, KEYS, f"write one of {', '.join(KEYS)}")
            yield _finding(f"unknown key {key!r} in [{_TABLE}]", at(key), help)
        else:
            yield from _CHECKS[key](key, value, at)


def _severity(key: str, value: object, at: Callable[[str], Location]) -> Iterator[Finding]:
    known = [each.value for each in Severity]
    if value not in known:
        help = did_you_mean(str(value), known, f"write one of {', '.join(known)}")
        yield _finding(f"{key}: {value!r} is not a severity", at(key), help)


def _rule_list(key: str, value: object, at: Callable[[str], Location]) -> Iterator[Finding]:
    from ticketgen.findings.verification import NEVER_IGNORED
    from ticketgen.rules.catalogue import CATALOGUE

    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        yield _finding(f"{key}: {value!r} is not a list of rules", at(key), f'write {key} = ["rule", "rule"]')
        return
    for name in value:
        if key == "ignore" and name in NEVER_IGNORED:
            help = "remove it: nothing else is checked where it fails"
            yield _finding(f"{key}: {name} cannot be ignored", at(name), help)
        if name not in CATALOGUE:
            help = did_you_mean(name, CATALOGUE, "run `ticketgen rules` for a list")
            yield _finding(f"{key}: there is no rule {name!r}", at(name), help)


def _boolean(key: str, value: object, at: Callable[[str], Location]) -> Iterator[Finding]:
    if not isinstance(value, bool):
        yield _finding(f"{key}: {value!r} is neither true nor false", at(key), f"write {key} = true")


_CHECKS = {
    "min-severity": _severity,
    "select": _rule_list,
    "ignore": _rule_list,
    "strict": _boolean,
    "stack-rules": _boolean,
}


def _finding(message: str, location: Location, help: str) -> Finding:
    return INVALID_CONFIG.found(message, help, at=location)

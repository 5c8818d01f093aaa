"""Rules from the provider's errors: what an argument accepts, by the values that were tried and the errors about them.

The rules are those of `ticketgen.aws.provider.value_rules`. A rule is kept only if it rejects no value that the
provider accepts.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import cache
from typing import Any, TypeAlias

from ticketgen.aws.provider.value_rules import MAX_MATCHED, ValueRule, violation

__all__ = ["Outcomes", "opaque_message", "rules_of"]

Outcomes: TypeAlias = Mapping[str | float, Sequence[str]]
"""The errors about each value that was tried, without those that other arguments cause."""

_NUMBER = r"(-?[\d.]+)"
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
"""How many patterns a rule may have of which one is the provider's."""
_MIN_EVIDENCE = 4
"""How many values must be rejected, and how many accepted, before a pattern counts that no message names."""


_HOUR = "(?:[0-1][0-9]|2[0-3]):[0-5][0-9]"
_DAILY = f"{_HOUR}-{_HOUR}"
_DAY = "(?:sun|mon|tue|wed|thu|fri|sat)"
_WEEKLY = f"{_DAY}:{_HOUR}-{_DAY}:{_HOUR}"


def _number(text: str) -> int | float:
    return int(text) if "." not in text else int(float(text)) if float(text).is_integer() else float(text)


def _listed(text: str) -> list[Any]:
    quoted = [json.loads(f'"{each}"') for each in _QUOTED.findall(text)]
    return quoted or [_number(each) for each in text.split() if re.fullmatch(_NUMBER, each)]


def _words(text: str) -> list[str]:
    return [each for each in re.split(r"[,\s]+", text) if each]


# Pattern of an error → the rules that it may mean, the most demanding first.
_TYPED: Sequence[tuple[re.Pattern[str], Callable[[re.Match[str]], list[ValueRule]]]] = [
    (
        re.compile(rf"(?s)^(?:{pattern})"),
        build,
    )
    for pattern, build in [
        (
            r"expected \S+ to be one of \[(.*)\], got",
            lambda m: [["one of", _listed(m[1])], ["one of", _listed(m[1]), True]],
        ),
        (
            r"Invalid Attribute Value Match Attribute \S+ value must be one of: \[(.*)\], got",
            lambda m: [["one of", _listed(m[1])], ["one of", _listed(m[1]), True]],
        ),
        (
            r"Invalid String Enum Value .*Valid Values: \[(.*)\]",
            lambda m: [
                ["one of", _words(m[1])],
                ["one of", ["", *_words(m[1])]],
                ["one of", ["", *_words(m[1])], True],
            ],
        ),
        (r"expected \S+ to not be any of \[(.*)\], got", lambda m: [["none of", _listed(m[1])]]),
        (
            rf"expected \S+ to be in the range \({_NUMBER} - {_NUMBER}\)",
            lambda m: [["range", _number(m[1]), _number(m[2])]],
        ),
        (rf"expected \S+ to be at least \({_NUMBER}\)", lambda m: [["range", _number(m[1]), None]]),
        (rf"expected \S+ to be at most \({_NUMBER}\)", lambda m: [["range", None, _number(m[1])]]),
        (
            rf"Invalid Attribute Value Attribute \S+ value must be between {_NUMBER} and {_NUMBER}",
            lambda m: [["range", _number(m[1]), _number(m[2])]],
        ),
        (
            rf"Invalid Attribute Value Attribute \S+ value must be at least {_NUMBER}",
            lambda m: [["range", _number(m[1]), None]],
        ),
        (
            rf"Invalid Attribute Value Attribute \S+ value must be at most {_NUMBER}",
            lambda m: [["range", None, _number(m[1])]],
        ),
        (rf"expected \S+ to be divisible by {_NUMBER}", lambda m: [["divisible", _number(m[1])]]),
        (r"Attribute must be a whole number", lambda m: [["whole"]]),
        (
            r"expected length of \S+ to be in the range \((\d+) - (\d+)\)",
            lambda m: [["length", int(m[1]), int(m[2])]],
        ),
        (
            r"Invalid Attribute Value Length Attribute \S+ (?:string length|UTF-8 character count) must be "
            r"between (\d+) and (\d+)",
            lambda m: [["length", int(m[1]), int(m[2])]],
        ),
        (
            r"Invalid Attribute Value Length Attribute \S+ (?:string length|UTF-8 character count) must be at "
            r"least (\d+)",
            lambda m: [["length", int(m[1]), None]],
        ),
        (
            r"Invalid Attribute Value Length Attribute \S+ (?:string length|UTF-8 character count) must be at "
            r"most (\d+)",
            lambda m: [["length", None, int(m[1])]],
        ),
        (
            r'[^"]*"\S+" (?:cannot be longer than|cannot be greater than|must not be longer than|cannot be more than) '
            r"(\d+)",
            lambda m: [["length", None, int(m[1])]],
        ),
        (
            r'[^"]*"\S+" (?:cannot be less than|cannot be shorter than) (\d+)',
            lambda m: [["length", int(m[1]), None]],
        ),
        (
            r'"\S+" length must be between (\d+)-(\d+) characters',
            lambda m: [["length", int(m[1]), int(m[2])]],
        ),
        (
            r"\S+ must not be empty|expected \"\S+\" to not be an empty string",
            lambda m: [["length", 1, None]],
        ),
        (r'expected "\S+" to be an empty string', lambda m: [["empty"]]),
        (
            r'"\S+" \(.*\) is an invalid ARN: |Invalid ARN Value |An Amazon Resource Name value must be',
            lambda m: [["arn", False], ["arn"]],
        ),
        (
            r'"\S+" contains an invalid JSON policy|"\S+" is an empty string, which is not a valid JSON value'
            r'|"\S+" contains duplicate JSON keys',
            lambda m: [["json", False, True], ["json", True, True]],
        ),
        (
            r'"\S+" contains an invalid JSON: |Invalid IAM Policy Value |Invalid JSON String Value ',
            lambda m: [["json"], ["json", True]],
        ),
        (
            r"expected \S+ to contain a valid (?:network )?Value|expected \"\S+\" to be a valid (?:IPv\d )?CIDR"
            r'|".*" is not a valid (?:IPv\d )?CIDR block',
            lambda m: [
                ["cidr", network, version, empty]
                for network in (True, False)
                for version in (4, 6, 0)
                for empty in (False, True)
            ],
        ),
        (
            r"expected \S+ to contain a valid IP(?:v\d address)?, got",
            lambda m: [["address", version, empty] for version in (4, 6, 0) for empty in (False, True)],
        ),
        (r'expected "\S+" to be a valid RFC3339 date|must be in RFC3339 time format', lambda m: [["time"]]),
        (r'"\S+" cannot be parsed as a duration', lambda m: [["duration"]]),
        (r"\S+: cannot parse '.*' as int", lambda m: [["integer", False], ["integer"]]),
        (r"\S+: cannot parse '.*' as boolean", lambda m: [["truth", False], ["truth"]]),
        (
            r'"\S+" doesn\'t look like AWS Account ID'
            r"|Invalid Attribute Value Attribute \S+ value must be a valid AWS account ID",
            lambda m: [
                ["matches", [pattern], "an AWS account ID has 12 digits"]
                for pattern in (r"^[0-9]{12}\Z", r"^(?:[0-9]{12})?\Z")
            ],
        ),
        (
            r'(?:"\S+" )?\(.*\) must satisfy the format of "hh24:mi-hh24:mi"',
            lambda m: [["matches", [rf"^(?:{_DAILY})\Z"], "it must be a time range such as 03:00-04:00"]],
        ),
        (
            r'(?:"\S+" )?\(.*\) must satisfy the format of "ddd:hh24:mi-ddd:hh24:mi"',
            lambda m: [
                ["matches", [rf"(?i)^(?:{_WEEKLY})\Z"], "it must be a time range such as sun:03:00-sun:04:00"]
            ],
        ),
        (r"Invalid RFC3339 String Value", lambda m: [["time"]]),
        (r'expected "\S+" to be a base64 string|"\S+" \(.*\) must be base64-encoded', lambda m: [["base64"]]),
        (
            r'expected "\S+" to be a valid port number, got',
            lambda m: [["range", 1, 65535]],
        ),
        (
            r'expected "\S+" to be a valid port number or 0, got',
            lambda m: [["range", 0, 65535]],
        ),
    ]
]

_NAMED_PATTERN = re.compile(
    r"""(?s)expected value of \S+ to match regular expression (".*"), got .*"""
    r"""|Invalid Attribute Value Match Attribute \S+ value must match regular expression '(.*)', got: .*"""
    r"""|"\S+" doesn't comply with restrictions \((".*")\): .*"""
)
_MESSAGE = re.compile(
    r"(?s)invalid value for \S+ \((.*)\)|Invalid Attribute Value Match Attribute \S+ (.*), got: .*"
)


def opaque_message(text: str) -> str | None:
    """The message of a pattern that an error does not show; None if it is another error."""
    if _NAMED_PATTERN.fullmatch(text):
        return None
    match = _MESSAGE.fullmatch(text)
    return (match[1] or match[2]) if match else None


class _Argument:
    def __init__(self, name: str, outcomes: Outcomes) -> None:
        self.name = name
        self.outcomes = outcomes
        self.accepted = [value for value, texts in outcomes.items() if not texts]

    def is_sound(self, rule: ValueRule) -> bool:
        return all(violation(rule, value) is None for value in self.accepted)

    def detected(self, rule: ValueRule, values: Sequence[str | float]) -> int:
        return sum(violation(rule, value) is not None for value in values)

    def best(self, candidates: Sequence[ValueRule], values: Sequence[str | float]) -> ValueRule | None:
        sound = [each for each in candidates if self.is_sound(each)]
        found = max(sound, key=lambda rule: self.detected(rule, values), default=None)
        return found if found is not None and self.detected(found, values) else None

    def template(self, text: str, value: str | float) -> str:
        """An error without the value and the argument's name, so that errors of one kind are the same."""
        shown = re.sub(r"(?s)(, got:? |Value: ).*", "", text)
        written = str(value)
        if len(written) > 2 or not written.isalnum():
            for quoted in (
                json.dumps(written, ensure_ascii=False),
                f"({written})",
                written if len(written) > 5 else "",
            ):
                if quoted:
                    shown = shown.replace(quoted, "…")
        else:
            shown = shown.replace(f'"{written}"', "…").replace(f"({written})", "…")
        return re.sub(rf'"?[\w.\[\]]*\b{re.escape(self.name)}(?:\.\d+|\[\d+\])?"?', "it", shown)


def rules_of(
    name: str,
    outcomes: Outcomes,
    linked: Mapping[str, Sequence[str]],
    every: Sequence[str],
    translate: Callable[[str], str | None],
) -> Iterator[ValueRule]:
    """The rules of an argument.

    Args:
        name: the last name of its path.
        outcomes: the values that were tried.
        linked: the patterns in Go's syntax that belong to a message.
        every: all patterns of the provider in Python's syntax.
        translate: a pattern in Python's syntax.
    """
    argument = _Argument(name, outcomes)
    typed: dict[str, tuple[list[ValueRule], list[str | float]]] = {}
    opaque: dict[str, list[str | float]] = defaultdict(list)
    shown: dict[str, str] = {}
    for value, texts in outcomes.items():
        for text in texts:
            found = next(
                ((match, build) for pattern, build in _TYPED if (match := pattern.match(text))), None
            )
            named = _NAMED_PATTERN.fullmatch(text)
            if found is not None:
                candidates = found[1](found[0])
                typed.setdefault(json.dumps(candidates), (candidates, []))[1].append(value)
            elif named:
                quoted = named[1] or named[3]
                go = _unquoted(quoted) if quoted else named[2]
                python = translate(go) if go is not None else None
                if python is not None:
                    candidates = [["matches", [python], ""]]
                    typed.setdefault(json.dumps(candidates), (candidates, []))[1].append(value)
            else:
                message = opaque_message(text)
                key = message if message is not None else argument.template(text, value)
                opaque[key].append(value)
                shown[key] = message or ""
    # The values that each kind of error rejects, those of typed errors first.
    rejected = [
        {(type(value), value) for value in values}
        for values in (*(values for _, values in typed.values()), *opaque.values())
    ]
    if _are_alternatives(rejected):
        choices = [candidates[-1] for candidates, _ in typed.values()]
        if not opaque and argument.accepted and argument.is_sound(["any of", choices]):
            yield ["any of", choices]
        return
    if len(rejected) > 1 and not any(argument.accepted):
        return  # nothing shows whether these are alternatives
    unsound: list[ValueRule] = []
    for (candidates, values), own in zip(typed.values(), rejected, strict=False):
        if any(own <= other for other in rejected if other is not own):
            continue  # it never comes alone, so it may be one of several alternatives
        best = argument.best(candidates, values)
        if best is not None:
            yield best
        else:
            unsound += candidates[-1:]
    if len(unsound) > 1 and argument.is_sound(["any of", unsound]) and len(argument.accepted) >= 1:
        yield ["any of", unsound]
    for key, values in opaque.items():
        message = shown[key]
        named = [each for go in linked.get(message, ()) if (each := translate(go)) is not None]
        rule = _pattern_rule(
            argument, named if message in linked else every, values, key, bool(message in linked)
        )
        if rule is not None:
            yield rule


def _are_alternatives(rejected: Sequence[Set[tuple[type, str | float]]]) -> bool:
    """Whether each kind of error comes with all others: of alternatives, the provider reports each that fails."""
    return len(rejected) > 1 and all(other == rejected[0] for other in rejected)


def _pattern_rule(
    argument: _Argument,
    patterns: Sequence[str],
    values: Sequence[str | float],
    requirement: str,
    is_named: bool,
) -> ValueRule | None:
    """The rule of the patterns that reject exactly these values."""
    accepted = {text for text in map(str, argument.accepted) if len(text) <= MAX_MATCHED}
    rejected = {text for text in map(str, values) if len(text) <= MAX_MATCHED}
    enough = is_named or (len(accepted) >= _MIN_EVIDENCE and len(rejected) >= _MIN_EVIDENCE)
    if not enough or not rejected:
        return None
    fitting = [
        pattern
        for pattern in patterns
        if all(_found(pattern, text) for text in accepted)
        and not any(_found(pattern, text) for text in rejected)
    ]
    # Of several, each may fit by chance, and so may any pattern that valid values must not match.
    return ["matches", fitting, _sentence(requirement)] if len(fitting) == 1 else None


@cache
def _found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.ASCII) is not None


def _sentence(text: str) -> str:
    """A message as a sentence about "it"; "" if it does not read as one."""
    text = " ".join(text.split()).rstrip(".:… ")
    if text.startswith("it ") or " it" in text:
        return text
    if re.match(r"(?:must|should|can|cannot|may) ", text, re.IGNORECASE):
        return f"it {text[0].lower()}{text[1:]}"
    return f"the provider says: {text}" if text and len(text) < 200 and "Path" not in text else ""


def _unquoted(text: str) -> str | None:
    """A Go string literal as text; the provider quotes a pattern with %q or as it is."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return str(found)

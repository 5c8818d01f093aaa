"""Hidden and look-alike characters are found in every file, except where a script needs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ticketgen.characters import find_hidden, find_look_alikes
from ticketgen.findings import Finding, Severity
from ticketgen.hidden_characters import MAX_PLACES, hidden_characters
from ticketgen.spec.load import load
from ticketgen.verification.verify import verify

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u180b\u180e\u200b\u200c\u200d\u2060\u2064\u2800\u3164\ufe0f\ufeff\uffa0"
    "\U000e0001\U000e0100"
)
CONTROLS = "\0\x08\x0b\x0c\x1b\x7f\x85\x9b\u2028\u2029"


def of_rule(findings: tuple[Finding, ...]) -> list[tuple[str, int, int, str]]:
    return [
        (each.location.file, each.location.line, each.location.column, each.severity.value)
        for each in findings
        if each.rule == "hidden-characters" and each.location
    ]


@pytest.mark.parametrize("mark", [*BIDI, *INVISIBLE, *CONTROLS], ids=ascii)
@pytest.mark.parametrize(
    "text", ["# {}\n", 'locals {{\n  a = "x{}y"\n}}\n', "locals {{\n  a{}b = 1\n}}\n", "{{{{{} not HCL\n"]
)
def test_hidden_characters_are_errors_everywhere(mark: str, text: str) -> None:
    written = text.format(f"ab{mark}cd")
    before = written.partition(mark)[0]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert of_rule(verify({"main.tf": written}, rendered=False)) == [("main.tf", line, column, "error")]


@pytest.mark.parametrize(
    "path", ["a.tf", "a.tfvars", "a.tftest.hcl", "a.tfmock.hcl", "a.tf.json", "tests/test_a.py"]
)
def test_every_kind_of_file_is_read(path: str) -> None:
    found = of_rule(verify({"main.tf": "locals {}\n", path: "x\n# a\u202eb\n"}, rendered=False))
    assert found == [(path, 2, 4, "error")]


def test_the_message_describes_the_character() -> None:
    (place,) = hidden_characters("a\n  b\u202ec")
    assert (place.line, place.column, place.severity) == (2, 4, Severity.ERROR)
    assert "U+202E (RIGHT-TO-LEFT OVERRIDE)" in place.message
    (place,) = hidden_characters('x = "t\u0430bles"')
    assert place.severity is Severity.WARNING
    assert place.message == r"t\u0430bles contains U+0430 (CYRILLIC SMALL LETTER A), which looks like a"


@pytest.mark.parametrize(
    "line",
    [
        "Zürich, 東京, عربي, Москва", "👨\u200d👩\u200d👧 👍🏽 ❤\ufe0f 1\ufe0f\u20e3 ☎\ufe0e 🏳\ufe0f\u200d🌈",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "می\u200cخواهم",
        "क्\u200dष", "葛\U000e0100",
        "שלום\u200f!", "a\r", "a\tb", "a\u00a0b", "a\u3000b", "5 µs, Δt, α = 0.05", "Kadıköy", "я с сор",
    ],
    ids=ascii,
)  # fmt: skip
def test_characters_required_by_a_script_are_accepted(line: str) -> None:
    assert list(hidden_characters(line)) == []
    assert list(hidden_characters(f"\ufeff{line}")) == []


@pytest.mark.parametrize(
    "line",
    [
        "a\u200db", "a\ufe0f", "❤\ufe0f\ufe0e", "👍\u200dx", "x\u200f!", "a\rb", "می\u200c\u200cخواهم",
        "1\ufe0f", "a\U000e0100",
        "\U000e0067\U000e007f", "\ufffe",
    ],
    ids=ascii,
)  # fmt: skip
def test_characters_not_required_by_the_script_are_reported(line: str) -> None:
    assert list(find_hidden(line))
    assert [each.severity for each in hidden_characters(line)] == [Severity.ERROR]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("\u0430ws", (0,)), ("prod_\u0441\u0435rver", (5, 6)),
        ("\u0455\u0441\u043e\u0440\u0435", (0, 1, 2, 3, 4)), ("\u03bfrder", (0,)),
        ("\U0001d41as", (0,)), ("\uff41ws", (0,)), ("\u13aaws", (0,)),
        ("web-сервер", ()), ("二〇二六", ()), ("m² nº", ()),
    ],
)  # fmt: skip
def test_look_alike_letters_are_reported(line: str, found: tuple[int, ...]) -> None:
    assert find_look_alikes(line) == found


@pytest.mark.parametrize("mark", ["\u202e", "\u200b", "\ue000", "\u0430a"])
def test_the_limit_never_hides_an_error(mark: str) -> None:
    places = list(hidden_characters(f"{mark} \n" * 1000))
    assert len(places) == MAX_PLACES + 1
    assert places[-1].severity is places[0].severity
    places = list(hidden_characters(f"{mark} \n" * 1000 + "a\u202eb"))
    assert places[-1].severity is Severity.ERROR


def test_hidden_characters_cannot_be_ignored() -> None:
    comment = "# ticketgen:ignore hidden-characters because I say so\n"
    for text in (f"{comment}# a\u202eb\n", f"# a\u202eb {comment}"):
        found = verify({"main.tf": text}, rendered=False)
        assert [each[3] for each in of_rule(found)] == ["error"]
        assert "ignore-unknown-rule" in {each.rule for each in found}


def test_specs_are_checked_as_well(tmp_path: Path) -> None:
    spec = tmp_path / "ticketgen.yaml"
    spec.write_text("version: 1\n# a\u202eb\nproject: x\n", encoding="utf-8")
    assert load(spec).value is None
    assert of_rule(load(spec).findings) == [(str(spec), 2, 4, "error")]
    spec.write_text("version: 1\r\nproject: t\u0430p # ❤\ufe0f\r\n", encoding="utf-8", newline="")
    assert load(spec).value is not None
    assert of_rule(load(spec).findings) == [(str(spec), 2, 10, "warning")]

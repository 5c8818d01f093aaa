"""`validate --fix`: what is corrected, what is not, and that nothing gets worse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import pytest

from ticketgen.findings import Finding, Location, TextEdit
from ticketgen.findings.verification import UNDECLARED_REFERENCE, UNKNOWN_ATTRIBUTE
from ticketgen.guesses import Guesses
from ticketgen.misspellings import is_misspelling
from ticketgen.verification.corrections import correct
from ticketgen.verification.finding_limits import limit_findings
from ticketgen.verification.fixes import Fixed, fix
from ticketgen.verification.format_check import check_format
from ticketgen.verification.text_edits import apply_edits
from ticketgen.verification.verify import verify

_CHILD = 'variable "cidr_block" {\n  type = string\n}\noutput "vpc_id" {\n  value = var.cidr_block\n}\n'
_CALL = 'module "net" {{\n  source = "./net"\n  {argument} = "10.0.0.0/16"\n}}\n'

check = partial(verify, rendered=False)


def fixed(texts: Mapping[str, str]) -> Fixed:
    return fix(texts, check(texts), check)


@pytest.mark.parametrize(
    ("word", "correct"),
    [
        ("cird_block", "cidr_block"),
        ("cidr_blok", "cidr_block"),
        ("cidr_bllock", "cidr_block"),
        ("cidrblock", "cidr_block"),
        ("CIDR_block", "cidr_block"),
        ("var.regoin", "var.region"),
        ("subnet_idss", "subnet_ids"),
    ],
)
def test_one_typing_error_is_a_misspelling(word: str, correct: str) -> None:
    assert is_misspelling(word, correct)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("subnet_c", "subnet_a"),
        ("api2", "api1"),
        ("table_10", "table_1"),
        ("in", "id"),
        ("subnet_ids", "subnet_id"),
        ("private_subnet", "public_subnet"),
        ("cidr", "cidr_block"),
        ("name", "name"),
        ("cidr_blok", "cird_block"),
    ],
)
def test_another_name_is_no_misspelling(word: str, other: str) -> None:
    assert not is_misspelling(word, other)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('variable "region" {\n  type = string\n}\nlocals {\n  a = var.regoin\n}\n', "var.region"),
        (
            'variable "region" {\n  type = string\n}\nlocals {\n  a = "${upper(var.regoin)}-a"\n}\n',
            '"${upper(var.region)}-a"',
        ),
        (
            'resource "terraform_data" "shop" {}\noutput "id" {\n  value = terraform_data.shpo.id\n}\n',
            "terraform_data.shop.id",
        ),
        (_CALL.format(argument="cidr_blok"), 'cidr_block = "10.0.0.0/16"'),
        (
            f'{_CALL.format(argument="cidr_block")}output "id" {{\n  value = module.net.vcp_id\n}}\n',
            "module.net.vpc_id",
        ),
        (
            'provider "aws" {\n  alias = "paris"\n}\nresource "aws_vpc" "a" {\n  provider = aws.pari\n'
            '  cidr_block = "10.0.0.0/16"\n}\n',
            "aws.paris",
        ),
    ],
)
def test_a_misspelled_name_is_corrected(wrong: str, right: str) -> None:
    texts = {"main.tf": wrong, "net/main.tf": _CHILD}
    done = fixed(texts)
    assert right in done.texts["main.tf"]
    assert len(done.texts["main.tf"].splitlines()) == len(wrong.splitlines())
    assert done.fixed
    assert not [each for each in done.findings if each.edits]


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    text = '\ufeffvariable "region" {\r\n  type = string\r\n}\r\nlocals {\r\n  a = var.regoin\r\n}\r\n'
    assert fixed({"main.tf": text}).texts["main.tf"] == text.replace("regoin", "region")


def test_a_correction_that_breaks_something_is_not_made() -> None:
    call = (
        'module "net" {\n  source = "./net"\n  cidr_block = "10.0.0.0/16"\n  cidr_blok = "10.1.0.0/16"\n}\n'
    )
    other = 'variable "region" {\n  type = string\n}\noutput "r" {\n  value = var.regoin\n}\n'
    done = fixed({"main.tf": call, "net/main.tf": _CHILD, "region.tf": other})
    assert done.texts == {"region.tf": other.replace("regoin", "region")}
    assert [each.rule for each in done.fixed] == ["undeclared-reference"]
    assert [each.rule for each in done.findings if each.edits] == ["unknown-module-input"]


def test_nothing_is_corrected_where_two_names_are_as_close() -> None:
    text = "".join(f'variable "{name}" {{\n  type = string\n}}\n' for name in ("hosts", "posts"))
    done = fixed({"main.tf": f'{text}output "a" {{\n  value = [var.hosts, var.posts, var.osts]\n}}\n'})
    assert not done.texts


def test_only_accepted_findings_are_fixed() -> None:
    texts = {"main.tf": 'variable "region" {\n  type = string\n}\noutput "a" {\n  value = var.regoin\n}\n'}
    assert not fix(texts, check(texts), check, lambda finding: False).texts


def test_edits_that_overlap_or_do_not_match_are_left_out() -> None:
    at = partial(Location, "a.tf")
    edits = [
        TextEdit(at(1, 3), "cd", "X"),
        TextEdit(at(1, 4), "de", "Y"),
        TextEdit(at(2, 1), "zz", "Z"),
        TextEdit(at(9, 1), "", "Z"),
        TextEdit(Location("b.tf"), "", "Z"),
        TextEdit(at(2, 1), "", "new\n"),
    ]
    findings = [UNDECLARED_REFERENCE.found("wrong", at=each.at, edits=(each,)) for each in edits]
    done = apply_edits({"a.tf": "abcdef\nghi\n"}, findings)
    assert done.texts == {"a.tf": "abXef\nnew\nghi\n"}
    assert done.fixed == (findings[0], findings[-1])


def test_the_edits_of_a_finding_are_made_together_or_not_at_all() -> None:
    both = (TextEdit(Location("a.tf", 1, 1), "a", "b"), TextEdit(Location("a.tf", 2, 1), "zz", "Z"))
    finding = UNDECLARED_REFERENCE.found("wrong", at=both[0].at, edits=both)
    assert not apply_edits({"a.tf": "a\nb\n"}, [finding]).texts


def test_many_refused_corrections_take_bounded_work() -> None:
    runs = 0
    texts = {"a.tf": "".join(f"a{number}\n" for number in range(500))}
    findings = [_finding(number) for number in range(500)]

    def verify_worse(texts: Mapping[str, str]) -> tuple[Finding, ...]:
        nonlocal runs
        runs += 1
        return (*findings, UNDECLARED_REFERENCE.found("worse", at=Location("a.tf")))

    assert not fix(texts, findings, verify_worse).texts
    assert runs <= 40


def _finding(number: int) -> Finding:
    at = Location("a.tf", number + 1, 1)
    return UNDECLARED_REFERENCE.found(f"wrong {number}", at=at, edits=(TextEdit(at, "a", "b"),))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_formatted_line_by_line(end: str) -> None:
    text = f'\ufefflocals {{{end}  a="${{b}}"{end}  # kept{end}  long = 1{end}}}{end}'
    (found,) = check_format({"main.tf": text, "broken.tf": "a  =", "a.py": "a  = 1"}, ["broken.tf"])
    assert (found.location, len(found.edits)) == (Location("main.tf", 2), 1)
    assert apply_edits({"main.tf": text}, [found]).texts == {"main.tf": text.replace('a="${b}"', "a = b")}
    assert not list(check_format(apply_edits({"main.tf": text}, [found]).texts, []))


def test_joined_lines_are_one_edit() -> None:
    text = 'locals {\n  a = "${\n    b\n  }"\n}\n'
    (found,) = check_format({"main.tf": text}, [])
    assert apply_edits({"main.tf": text}, [found]).texts == {"main.tf": "locals {\n  a = b\n}\n"}


def test_no_name_is_read_once_the_guesses_are_spent() -> None:
    """Otherwise, very many undeclared references would each read all of as many names."""
    guesses = Guesses()
    names = ["x" * 60] * 50_000  # so different that each is one step
    while not guesses.spent:
        correct(guesses, "alpha", names, Location("main.tf"))

    def unread() -> Iterator[str]:
        raise AssertionError("a name was read")
        yield ""

    assert correct(guesses, "alpha", unread(), Location("main.tf"), "declare it").help == "declare it"


def test_findings_beyond_the_limit_of_a_rule_are_fixed_too() -> None:
    """The findings that are listed after the first ones are fixed are not new ones."""
    count = 2_400

    def verify_names(texts: Mapping[str, str]) -> tuple[Finding, ...]:
        lines = enumerate(texts["main.tf"].splitlines(), 1)
        return tuple(
            limit_findings(
                UNKNOWN_ATTRIBUTE.found(
                    "unsupported argument nam", at=at, edits=(TextEdit(at, "nam", "name"),)
                )
                for number, line in lines
                if line == "nam"
                for at in [Location("main.tf", number)]
            )
        )

    texts = {"main.tf": "nam\n" * count}
    done = fix(texts, verify_names(texts), verify_names)
    assert done.texts == {"main.tf": "name\n" * count}
    assert (len(done.fixed), done.findings) == (count, ())


def test_no_new_finding_hides_among_those_that_are_not_listed() -> None:
    """An edit that adds as many findings as it removes is not kept."""

    def verify_worse(texts: Mapping[str, str]) -> tuple[Finding, ...]:
        at = Location("main.tf", 1)
        edits = (TextEdit(at, "a", "b"),)
        same = [UNKNOWN_ATTRIBUTE.found("wrong", at=at, edits=edits)] * 1_500
        return tuple(limit_findings(same))

    texts = {"main.tf": "a\n"}
    assert fix(texts, verify_worse(texts), verify_worse).texts == {}

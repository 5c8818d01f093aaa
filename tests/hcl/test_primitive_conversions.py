"""Strings, numbers and bools convert to each other as `tostring`, `tobool` and `tonumber` convert them."""

from __future__ import annotations

import pytest

from ticketgen.hcl.primitive_conversions import primitive_number, primitive_text, primitive_truth


@pytest.mark.parametrize(
    ("value", "text", "truth", "number"),
    [
        (True, "true", True, None),
        (False, "false", False, None),
        ("true", "true", True, None),
        ("1", "1", True, 1),
        ("0", "0", False, 0),
        ("True", "True", None, None),  # no bool: cty converts lower case only
        ("-042", "-042", None, -42),
        ("--1", "--1", None, None),
        ("1.5", "1.5", None, None),  # a number, but not one that is computed
        ("٣", "٣", None, None),  # digits of ASCII only
        ("9" * 19, "9" * 19, None, None),
        (7, "7", None, 7),
        (1.5, None, None, 1.5),
        (10**400, None, None, 10**400),
        (None, None, None, None),
        ([1], None, None, None),
    ],
)
def test_a_primitive_converts(value: object, text: object, truth: object, number: object) -> None:
    assert (primitive_text(value), primitive_truth(value), primitive_number(value)) == (text, truth, number)

"""Free text: what AWS accepts is accepted, and everything else is refused."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ticketgen.guesses import nearest
from ticketgen.spec.amounts import parse_amount
from ticketgen.spec.string_types import (
    AccountId,
    DomainName,
    EmailAddress,
    EnvironmentName,
    HttpUrl,
    ProjectName,
    RegionName,
    RoleArn,
    StateBucketName,
    TopicArn,
    ZoneId,
)
from ticketgen.spec.tags import MAX_TAGS, RESERVED_TAGS, Tags

TYPES = {
    "project": TypeAdapter(ProjectName),
    "environment": TypeAdapter(EnvironmentName),
    "region": TypeAdapter(RegionName),
    "bucket": TypeAdapter(StateBucketName),
    "account": TypeAdapter(AccountId),
    "role": TypeAdapter(RoleArn),
    "domain": TypeAdapter(DomainName),
    "zone": TypeAdapter(ZoneId),
    "url": TypeAdapter(HttpUrl),
    "email": TypeAdapter(EmailAddress),
    "topic": TypeAdapter(TopicArn),
}
TAGS: TypeAdapter[object] = TypeAdapter(Tags)


def is_accepted(kind: str, text: str) -> bool:
    try:
        return bool(TYPES[kind].validate_python(text) == text)
    except ValidationError:
        return False


def are_tags_accepted(tags: dict[str, str]) -> bool:
    try:
        return TAGS.validate_python(tags) == tags
    except ValidationError:
        return False


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("project", ["tap", "tap-marketplace", "a-b-c", "a1-2", "x" * 20]),
        ("environment", ["p", "prod", "prod-eu-1", "a" * 64]),
        ("region", ["us-east-1", "cn-north-1", "af-south-1"]),
        ("bucket", ["abc", "the.state.bucket", "0-1", "a--b", "x" * 63, "states-{region}", "{region}.s"]),
        ("account", ["123456789012", "000000000000"]),
        ("role", ["arn:aws:iam::123456789012:role/deploy", "arn:aws-cn:iam::123456789012:role/a/b+=,.@_-"]),
        ("domain", ["a.io", "tickets.example.com", "xn--bcher-kva.example", "1.2.example.com"]),
        ("zone", ["Z0123456789ABCDEFGHIJ"]),
        ("email", ["a@b.io", "on-call@example.com", "a.b+c_d@mail.example.co", "x" * 64 + "@example.com"]),
        (
            "topic",
            [
                "arn:aws:sns:{region}:123456789012:on-call",
                "arn:aws-us-gov:sns:us-gov-west-1:123456789012:a_B-1",
            ],
        ),
        (
            "url",
            ["http://pms", "https://pms.example.com:8443/v1/x%20y", "https://[::1]:8080/", "http://10.0.0.1"],
        ),
    ],
)
def test_text_that_aws_accepts_is_accepted(kind: str, texts: list[str]) -> None:
    assert [text for text in texts if not is_accepted(kind, text)] == []


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("project", ["ta", "x" * 21, "-tap", "tap-", "t--p", "1tap", "Tap", "tap_x", "täp", "tap\n", "tap "]),
        ("environment", ["", "-a", "a-", "a--b", "1", "A", "a_b", "a.b", "a/b", "..", "a" * 65]),
        ("region", ["", "us-east-9", "sa-west-1", "US-EAST-1", "us_east_1"]),
        ("bucket", ["ab", "x" * 64, "A-b", "a..b", "-ab", "ab.", "192.168.5.4", "xn--a", "sthree-a",
                    "a-s3alias", "a--ol-s3", "a.mrap", "s3://a", "a/b", "a_b",
                    "{zone}", "a-{region", "x" * 50 + "{region}"]),
        ("account", ["", "12345678901", "1234567890123", "1234-5678-9012", "12345678901x"]),
        ("role", ["deploy", "arn:aws:iam::1:role/x", "arn:aws:iam::123456789012:user/x",
                  "arn:aws:iam::123456789012:role/", "arn:aws:sts::123456789012:assumed-role/x/y"]),
        ("domain", ["com", "a..b", "-a.com", "a-.com", "a.com.", "*.a.com", "A.com", "a.com/x",
                    "x" * 64 + ".com"]),
        ("zone", ["", "/hostedzone/Z1", "z1", "Z" * 33]),
        ("email", ["", "a", "a@b", "@b.io", "a@@b.io", "a b@c.io", ".a@b.io", "a..b@c.io", "A <a@b.io>",
                   "x" * 65 + "@b.io"]),
        ("topic", ["on-call", "arn:aws:sqs:us-east-1:123456789012:a", "arn:aws:sns:us-east-1:123:a",
                   "arn:aws:sns:us-east-1:123456789012:a.fifo", "arn:aws:sns:us-east-1:123456789012:",
                   "arn:aws:sns:{Region}:123456789012:a"]),
        ("url", ["ftp://x.y.z/", "https://", "https://u:p@h.com", "https://h?q=1", "https://h#f",
                 "https://h:99999", "https://h/'", "https://h/%zz",
                 "https://h/${x}", "https://h/ x",
                 "javascript:alert(1)", "https://h:0/abc", "https://[::zz]/a"]),
    ],
)  # fmt: skip
def test_text_that_aws_refuses_is_refused(kind: str, texts: list[str]) -> None:
    assert [text for text in texts if is_accepted(kind, text)] == []


HOSTILE = ["'", '"', "`", "\\", "${x}", "%{x}", "{{x}}", "{%x%}", "{#x#}", "\n", "\r", "\t", "\0", "\u2028",
           "\x85", "<<EOT", "EOT\n", "x" * 10_240, "\u202e", "\ufeff", "$(x)", ";", "|", "<"]  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
@pytest.mark.parametrize("kind", TYPES)
def test_hostile_text_is_refused(kind: str, hostile: str) -> None:
    good = {
        "project": "tap", "environment": "prod", "region": "us-east-1", "bucket": "bucket",
        "domain": "a.example.com", "zone": "Z1", "url": "https://h.com/p",
        "email": "a@example.com", "topic": "arn:aws:sns:{region}:123456789012:a",
        "account": "123456789012", "role": "arn:aws:iam::123456789012:role/x",
    }[kind]  # fmt: skip

    assert is_accepted(kind, good)
    assert not is_accepted(kind, good + hostile)
    assert not is_accepted(kind, hostile + good)


@given(st.sampled_from(sorted(TYPES)), st.text(min_size=1))
def test_accepted_text_has_no_special_characters(kind: str, text: str) -> None:
    if is_accepted(kind, text):
        assert re.fullmatch(r"[A-Za-z0-9._~:/+=@%\[\]-]+", text)


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=12), max_size=3))
def test_tags_accept_what_aws_documents(tags: dict[str, str]) -> None:
    def fine(text: str) -> bool:
        return all(
            mark in "_.:/=+-@" or unicodedata.category(mark)[0] in "LN" or unicodedata.category(mark) == "Zs"
            for mark in text
        ) and not text.casefold().startswith("aws:")

    keys = [key.casefold() for key in tags]
    reserved = {key.casefold() for key in RESERVED_TAGS}
    expected = all(fine(key) and fine(value) for key, value in tags.items())
    assert are_tags_accepted(tags) == (expected and len(set(keys)) == len(keys) and not reserved & set(keys))


def test_tags_have_the_limits_of_aws() -> None:
    assert are_tags_accepted({"ключ 键": "Wert: +1 @ x=y/z"})
    assert are_tags_accepted({"a" * 128: "b" * 256, "empty": ""})
    assert not are_tags_accepted({"a" * 129: ""})
    assert not are_tags_accepted({"a": "b" * 257})
    assert MAX_TAGS + len(RESERVED_TAGS) == 50
    assert are_tags_accepted({f"tag {number}": "" for number in range(MAX_TAGS)})
    assert not are_tags_accepted({f"tag {number}": "" for number in range(MAX_TAGS + 1)})


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("us-esat-1", ["us-east-1", "us-west-1"], "us-east-1"),
        ("regoins", ["regions", "region"], "regions"),
        ("Hold-Seconds", ["hold_seconds"], "hold_seconds"),
        ("colour", ["regions", "tags"], None),
        ("x" * 100_000, ["x" * 99_999], None),
    ],
)
def test_the_nearest_known_word_is_suggested(word: str, known: list[str], found: str | None) -> None:
    assert nearest(word, known) == found


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("45k", "orders/min", 45_000), ("45K", "seats", 45_000), ("1.5m", "orders/min", 1_500_000),
        ("234,000", "seats", 234_000), ("234_000", "seats", 234_000), ("1'234'567", "seats", 1_234_567),
        ("010", "events", 10), ("8.0", "seats", 8), ("1.0004k", "seats", None), ("12,34", "seats", None),
        ("5m", "s", 300), ("5 min", "s", 300), ("2h", "s", 7_200), ("300s", "s", 300), ("1:30", "s", 90),
        ("1:30", "seats", None), ("50ms", "ms", 50), ("2s", "ms", 2_000), ("50ms", "s", None),
        ("lots", "seats", None), ("", "seats", None), ("-5", "s", None),
    ],
)  # fmt: skip
def test_amounts_are_parsed(text: str, unit: str, number: int | None) -> None:
    assert parse_amount(text, unit) == number


@given(st.integers(0, 10**12), st.sampled_from(["", "k", "m"]))
def test_a_suffix_multiplies_exactly(number: int, suffix: str) -> None:
    assert parse_amount(f"{number}{suffix}", "seats") == number * {"": 1, "k": 1_000, "m": 1_000_000}[suffix]

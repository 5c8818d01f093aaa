"""The comment for a pull request: nothing from a file becomes a link, a mention or a cell of its own."""

from __future__ import annotations

import re

import pytest

from ticketgen.consequences.consequence import Action, Consequence, RootPlan
from ticketgen.consequences.plan_report import as_comment, plan_markdown
from ticketgen.consequences.stack_plan import StackPlan
from ticketgen.findings import Location
from ticketgen.findings.losses import STATEFUL_DESTROYED
from ticketgen.reports.markdown import as_code, as_plain
from ticketgen.reports.report import report

HOSTILE = [
    "@everyone", "see #1", "GH-12", "org/repo#3", "[click](https://evil.example)", "![x](http://evil.example/x.png)",
    "www.evil.example", "https://evil.example", "a | b | c", "`code` and `more", "<img src=x>", "</details>",
    "~~gone~~",
    "**bold**", "_under_", "$x$", "a\nb", "&lt;", "\\| ends", "mail@evil.example", "<!-- hidden", "\u202e reversed",
]  # fmt: skip


def comment(*consequences: Consequence, folder: str = "stacks/prod", root: str = "data/eu-west-1") -> str:
    plan = StackPlan("prod", (RootPlan(root, consequences),))
    return as_comment(plan_markdown({folder: plan}))


def unescaped(text: str) -> str:
    """What Markdown would still interpret outside of code."""
    return re.sub(r"`[^`\n]*`|\\.|<!-- -->", "\0", text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_in_cells(text: str) -> None:
    lines = comment(
        Consequence(
            f"aws_dynamodb_table.{text}", "aws_dynamodb_table", Action.REPLACE, (f"name changes to {text}",)
        ),
        folder=text,
        root=text,
    ).splitlines()
    (row,) = [line for line in lines if "**replace**" in line]
    # A backslash takes the next character with it, as in GitHub's own table parser.
    assert len(re.sub(r"\\.", "", row).split("|")) == 6, row
    for line in (row.replace("**replace**", ""), lines[0]):
        assert not re.search(r"[*_\[\]<>~&$!@]\w|\]\(|://|www\.|#\w|GH-\d|\u202e", unescaped(line)), line


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_in_findings(text: str) -> None:
    found = STATEFUL_DESTROYED.found(f"the value {text}", f"do {text}", at=Location(f"stacks/{text}.tf", 3))
    lines = report([found], "markdown", {}).splitlines()
    assert len(lines) == 4
    for line in lines[2:]:
        plain = unescaped(line.replace("**error**", ""))
        assert not re.search(r"[*_\[\]<>~&$!@]\w|\]\(|://|www\.|#\w|GH-\d|\u202e", plain), line


def test_code_in_a_message_stays_code() -> None:
    found = STATEFUL_DESTROYED.found("`aws_kms_key.a_b` would be destroyed", "run `make *_x*`")
    text = report([found], "markdown", {})
    assert "- **error** `aws_kms_key.a_b` would be destroyed `stateful-destroyed`" in text
    assert "  - run `make *_x*`" in text


def test_plain_text_and_code_are_on_one_line() -> None:
    assert as_plain("a\nb") == "a\\\\nb"
    assert as_code("a\n`b`") == "`a\\n'b'`"
    assert as_code("") == ""


def test_losses_are_in_view_and_the_rest_is_below_a_fold() -> None:
    text = comment(
        Consequence(
            "aws_dynamodb_table.a", "aws_dynamodb_table", Action.DESTROY, ("it is no longer declared",)
        ),
        Consequence("aws_iam_role.b", "aws_iam_role", Action.DESTROY),
        Consequence("aws_sqs_queue.c", "aws_sqs_queue", Action.MOVE, before="aws_sqs_queue.d"),
    )
    shown, _, folded = text.partition("<details>")
    assert shown.startswith(
        "### `stacks/prod`\n\n0 to create, 0 to update in place, 0 to replace, 2 to destroy, 1 to move; "
        "1 of them holds data that would be lost.\n"
    )
    assert "| `data/eu-west-1` | `aws_dynamodb_table.a` | **destroy** | it is no longer declared |" in shown
    assert "| `data/eu-west-1` | `aws_iam_role.b` | destroy |  |" in folded
    assert "2 other changes" in folded
    assert folded.rstrip().endswith("</details>")


def test_a_comment_fits_into_what_github_takes() -> None:
    many = [
        Consequence(f"aws_dynamodb_table.{'x' * 300}{n}", "aws_dynamodb_table", Action.DESTROY)
        for n in range(500)
    ]
    others = [Consequence(f"aws_iam_role.{'x' * 300}{n}", "aws_iam_role", Action.CREATE) for n in range(500)]
    for text in (comment(*many), comment(*others), comment(*many[:100], *others)):
        assert len(text) <= 65_536
        assert text.count("<details>") == text.count("</details>")
        assert text.endswith(
            "The rest does not fit into a comment: run `ticketgen render --diff` to see it.\n"
        )
    few = comment(*(Consequence(f"aws_iam_role.{n}", "aws_iam_role", Action.CREATE) for n in range(201)))
    assert "| | more than 200 rows: see `ticketgen render --diff` | | |" in few
    found = [STATEFUL_DESTROYED.found("x" * 1000, "y" * 1000, at=Location("f" * 200, n)) for n in range(100)]
    text = as_comment([report(found, "markdown", {})])
    assert len(text) <= 65_536

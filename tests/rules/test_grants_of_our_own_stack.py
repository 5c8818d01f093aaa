"""Without the grant of an action that a rendered function calls, missing-grant reports it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from stacks import SHAPES, rendered

from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import File
from ticketgen.rules import missing_grant
from ticketgen.rules.grants import Granted, grants
from ticketgen.rules.subject import Subject
from ticketgen.stack.functions import FUNCTIONS

# A service calls them with the role, or the code passes its client on in a way that is not followed.
NOT_FOLLOWED = {
    ("kinesis_processor", "secretsmanager:GetSecretValue"),
    ("inventory_verifier", "dynamodb:BatchGetItem"),
    ("inventory_verifier", "dynamodb:UpdateItem"),
    ("oversell_corrector", "timestream:DescribeEndpoints"),
    ("oversell_corrector", "timestream:WriteRecords"),
}
CALLED = sorted(
    {
        (name, action)
        for name, function in FUNCTIONS.items()
        for grant in function.grants
        for action in grant.actions
    }
    - NOT_FOLLOWED
)


@cache
def _subject() -> Subject:
    texts = rendered(SHAPES["everything"]())
    parsed = [parse(path, text) for path, text in texts.items() if path.endswith(".tf")]
    return Subject(Configuration([each for each in parsed if isinstance(each, File)], texts, texts))


@cache
def _granted() -> dict[str, Granted]:
    return {each.function.resource.declared.name: each for each in grants(_subject())}


def test_the_role_of_every_function_is_known() -> None:
    assert _granted().keys() == FUNCTIONS.keys()


@pytest.mark.parametrize(("function", "action"), CALLED)
def test_a_removed_grant_is_reported(function: str, action: str) -> None:
    whole = _granted()[function]
    assert not list(missing_grant.problems(_subject(), whole))
    without = tuple(each for each in whole.actions if each[0] != action)
    assert len(without) < len(whole.actions)
    problems = list(missing_grant.problems(_subject(), replace(whole, actions=without)))
    assert any(action in f"{problem.message} {problem.help}" for problem in problems)


def test_a_file_that_cannot_be_read_may_have_the_grants() -> None:
    """A syntax error in one file is one finding, and not one for each call of each function."""
    texts = rendered(SHAPES["everything"]())
    parsed = [
        parse(path, text)
        for path, text in texts.items()
        if path.endswith(".tf") and path != "global/outputs.tf"
    ]
    files = [each for each in parsed if isinstance(each, File)]
    subject = Subject(Configuration(files, texts, texts, unread=["global/outputs.tf"]))
    assert not list(missing_grant.RULE.check(subject))

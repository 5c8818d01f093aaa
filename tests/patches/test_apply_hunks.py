"""A patch applies in its one place, or not at all."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ticketgen.patches.apply_hunks import apply_hunks
from ticketgen.patches.unified_patch import MAX_HUNKS, FilePatch, Hunk, make_patch, parse_patch

PATH = "stacks/dev/main.tf"
LINES = st.lists(
    st.sampled_from(["a\n", "b\n", "}\n", "\n", "é\x85\u2028\n", "-- x\n", "@@ y\n", "\\ z\n"]), max_size=30
)
FILES = st.builds(lambda lines, cut: "".join(lines)[: -1 if cut else None], LINES, st.booleans())


def patched(before: str, after: str, now: str) -> str | list[str]:
    """A patch from one text to another, applied to a third: its text, or why it does not apply."""
    result = apply_hunks(parse_patch(make_patch(PATH, before, after), PATH), now)
    return result if isinstance(result, str) else [f"{each.hunk.number} {each.reason}" for each in result]


def only_reason(patch: FilePatch, text: str) -> str:
    """Why the only hunk that does not apply does not."""
    result = apply_hunks(patch, text)
    assert not isinstance(result, str)
    (rejected,) = result
    return rejected.reason


def occurrences(text: str, old: str) -> int:
    """How often whole lines occur in a text; a last line without its end is another line."""
    lines, wanted = (re.findall("[^\n]*\n|[^\n]+", each) for each in (text, old))
    return sum(lines[at : at + len(wanted)] == wanted for at in range(len(lines)))


@given(FILES, FILES)
def test_a_patch_gives_the_edited_text(before: str, after: str) -> None:
    if before != after:
        assert patched(before, after, before) == after


@given(FILES, FILES, FILES)
@example("a", "", "a\na")
def test_a_patch_never_gives_anything_by_chance(before: str, after: str, now: str) -> None:
    """It gives a text that has every new line of the patch, or reasons."""
    if before == after:
        return
    patch = parse_patch(make_patch(PATH, before, after), PATH)
    result = apply_hunks(patch, now)
    if isinstance(result, str):
        assert all(hunk.new in result for hunk in patch.hunks)
        assert result == now or before == now or all(occurrences(now, hunk.old) == 1 for hunk in patch.hunks)
    else:
        assert result


@given(st.integers(), st.integers(1, 40), st.integers(0, 20), st.integers(0, 20))
def test_an_edit_survives_changes_elsewhere(seed: int, size: int, above: int, below: int) -> None:
    chance = random.Random(seed)
    lines = [f"line {number}\n" for number in range(size)]
    edited = list(lines)
    for _ in range(chance.randint(1, 3)):
        edited.insert(chance.randrange(len(edited) + 1), f"mine {chance.randrange(100)}\n")
    if chance.random() < 0.5:
        del edited[chance.randrange(len(edited))]
    if edited == lines:
        return
    more, rest = "# more\n" * above, "# rest\n" * below
    before, after = "".join(lines), "".join(edited)
    assert patched(before, after, f"{more}{before}{rest}") == f"{more}{after}{rest}"


RENDERED = "".join(f"block {n} {{\n  a = 1\n  b = 2\n}}\n\n" for n in range(4))
EDITED = RENDERED.replace("block 2 {\n  a = 1", "block 2 {\n  a = 7")


def test_lines_above_may_shift() -> None:
    added = "block new {\n  a = 1\n  b = 2\n}\n\n"
    assert patched(RENDERED, EDITED, added + RENDERED) == added + EDITED
    assert patched(RENDERED, EDITED, RENDERED.removeprefix("block 0 {\n  a = 1\n  b = 2\n}\n\n")) == (
        EDITED.removeprefix("block 0 {\n  a = 1\n  b = 2\n}\n\n")
    )


def test_of_two_similar_places_none_is_taken() -> None:
    block = "same {\n  a = 1\n}\n"
    hunk = "same {\n  a = 2\n}\n"
    assert patched(block, hunk, f"{block}# between\n{block}") == [
        "1 applies to several places of the rendering"
    ]


def test_of_two_similar_places_in_the_same_rendering_the_line_decides() -> None:
    block = "same {\n  a = 1\n}\n"
    whole = block * 60
    half = len(whole) // 2
    edited = whole[:half] + block.replace("1", "2") + whole[half + len(block) :]
    assert patched(whole, edited, whole) == edited
    assert patched(whole, edited, block + whole) == ["1 applies to several places of the rendering"]


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (
            RENDERED.replace("block 2", "block two"),
            "1 does not apply: the line 'block 2 {' is no longer rendered",
        ),
        (
            RENDERED.replace("block 2 {\n  a = 1\n  b = 2", "block 2 {\n  b = 2\n  a = 1"),
            "1 does not apply: its lines are no longer rendered one after the other",
        ),
        ("", "1 does not apply: the line '}' is no longer rendered"),
    ],
)
def test_what_changed_in_between_is_said(now: str, reason: str) -> None:
    assert patched(RENDERED, EDITED, now) == [reason]


def test_a_damaged_patch_does_not_apply_although_its_rendering_is_the_same() -> None:
    damaged = make_patch(PATH, RENDERED, EDITED).replace("-  a = 1", "-  a = 3")
    assert "does not fit line" in only_reason(parse_patch(damaged, PATH), RENDERED)


def test_an_edit_that_is_rendered_now_changes_nothing() -> None:
    assert patched(RENDERED, EDITED, EDITED) == EDITED
    assert patched(RENDERED, EDITED, f"# more\n{EDITED}") == f"# more\n{EDITED}"
    assert patched("a\nb\n", "", "") == ""
    two = EDITED.replace("block 0", "block zero")
    far = RENDERED + "# far away\n" * 9
    assert isinstance(patched(far, two + "# far away\n" * 8 + "# near\n", f"{EDITED}x\n"), list), (
        "half of it is not all"
    )


def test_a_line_without_its_end_stays_the_last_one() -> None:
    assert patched("a\nb", "a\nc", "# more\na\nb") == "# more\na\nc"
    assert isinstance(patched("a\nb", "a\nc", "a\nb\nmore\n"), list)
    assert isinstance(patched("a\nb\n", "a\nc", "a\nb\nmore\n"), list), "the next line would be joined to it"


def test_hunks_keep_their_order() -> None:
    patch = FilePatch((Hunk(1, 3, 1, "b\n", "x\n"), Hunk(2, 6, 2, "a\n", "y\n")))
    assert only_reason(patch, "a\nb\n") == "would apply before the end of hunk 1"


def test_hunks_without_context_need_the_rendering_that_they_were_made_from() -> None:
    patch = parse_patch(f"--- a/{PATH}\n+++ b/{PATH}\n@@ -1,0 +2 @@\n+x\n", PATH)
    assert only_reason(patch, "a\nb\n") == "has no unchanged lines that would show its place"
    text = make_patch(PATH, "a\nb\n", "a\nx\nb\n")
    exact = f"{text[: text.index('@@')]}@@ -1,0 +2 @@\n+x\n"
    assert apply_hunks(parse_patch(exact, PATH), "a\nb\n") == "a\nx\nb\n"


def test_the_largest_patch_takes_seconds_at_most() -> None:
    """Equal lines, of which each hunk's are a prefix of many places."""
    text = "}\n" * 400_000
    old = "}\n" * 1_000 + "x\n"
    patch = FilePatch(tuple(Hunk(n + 1, 1, 1, old, "y\n") for n in range(MAX_HUNKS)))
    began = time.process_time()
    assert len(apply_hunks(patch, text)) == MAX_HUNKS
    assert time.process_time() - began < 10

"""The HTML page: references wrap between tokens, are copied whole, and nothing runs out of the window."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape, unescape
from itertools import pairwise
from pathlib import Path

import pytest
from demo_pictures import picture_of
from stacks import SHAPES

from ticketgen.pictures.html import html
from ticketgen.pictures.style import PAGE
from ticketgen.pictures.svg import svg

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.parametrize("shape", SHAPES)
def test_references_are_whole_and_wrap_between_tokens_only(shape: str) -> None:
    picture = picture_of(shape)
    shown = re.findall(r"<code>(.*?)</code>", html(picture))
    expected = {str(each) for line in picture.lines for each in line.references}
    expected |= {
        str(each)
        for row in picture.rows
        for copy in row.copies
        if copy.is_replica
        for each in copy.references
    }
    expected |= {
        str(each)
        for group in picture.groups
        for flow in group.flows
        for each in (*flow.egress, *flow.ingress)
    }
    assert {unescape(reference.replace("<wbr>", "")) for reference in shown} == expected
    for reference in shown:
        before = [unescape(part) for part in reference.split("<wbr>")]
        assert all(part[-1] in "/.:@ " or following[0] == "[" for part, following in pairwise(before))
        assert all(re.fullmatch(r"[^/.: ]*[/.: ]?", part) for part in before), reference


def test_no_style_breaks_inside_words() -> None:
    assert not re.search(r"overflow-wrap|word-break|word-wrap|hyphens", PAGE)


def test_the_page_has_a_row_for_every_line() -> None:
    picture = picture_of("prod")
    page = html(picture)
    replicas = sum(copy.is_replica for row in picture.rows for copy in row.copies)
    flows = sum(len(group.flows) for group in picture.groups)
    assert page.count("<tr><td>") == len(picture.lines) + replicas + flows
    assert svg(picture).strip() in page


def test_the_page_has_a_language_and_labels_for_scrollable_areas() -> None:
    page = html(picture_of("prod"))
    assert '<html lang="en">' in page
    scrolling = re.findall(r'<div class="scroll[^>]*>', page)
    assert len(scrolling) == 2
    for each in scrolling:
        assert 'tabindex="0"' in each
        assert 'role="region"' in each
        assert "aria-label" in each
    assert page.count("<th ") == page.count('scope="col"') == 4


PROBE = """<script>
addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map((frame) => {
    const page = frame.contentDocument, root = page.scrollingElement, code = [...page.querySelectorAll("code")];
    const cut = code.filter((each) => {
      const range = page.createRange();
      for (const node of [...each.childNodes].filter((child) => child.nodeType === 3)) {
        range.selectNodeContents(node);
        const lines = new Set([...range.getClientRects()].map((rect) => rect.top));
        if (lines.size > 1) return true;
      }
      return false;
    });
    page.getSelection().selectAllChildren(code[0]);
    return { window: root.clientWidth, page: root.scrollWidth, cut: cut.map((each) => each.textContent),
             code: code.length, copied: page.getSelection().toString(), whole: code[0].textContent };
  });
  document.body.textContent = "FOUND" + JSON.stringify(found) + "END";
});
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("shape", ["one-region", "every-region"])
def test_nothing_overflows_in_chromium(shape: str, tmp_path: Path) -> None:
    page = escape(html(picture_of(shape)))
    widths = (360, 800, 1400)
    frames = "".join(
        f'<iframe style="width:{width}px;height:600px;border:0" srcdoc="{page}"></iframe>' for width in widths
    )
    (tmp_path / "probe.html").write_text(f"<!doctype html><body>{frames}{PROBE}</body>", encoding="utf-8")
    flags = (
        "--headless --no-sandbox --hide-scrollbars --disable-gpu --disable-quic --no-first-run "
        "--disable-background-networking --disable-component-update --disable-sync "
        "--virtual-time-budget=20000 --dump-dom"
    )
    done = subprocess.run(
        [
            str(CHROMIUM),
            *flags.split(),
            f"--user-data-dir={tmp_path / 'profile'}",
            (tmp_path / "probe.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    match = re.search("FOUND(.*)END", done.stdout, re.DOTALL)
    assert match is not None, done.stdout[-2000:]
    found = json.loads(unescape(match[1]))
    assert [each["window"] for each in found] == list(widths)
    for each in found:
        assert each["page"] == each["window"]
        assert each["code"] > 50
        assert each["cut"] == []
        assert each["copied"] == each["whole"]

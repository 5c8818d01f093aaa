"""A project's source of ticketgen is pinned and without secrets, and never only its name."""

from __future__ import annotations

import io
import os
import re
import zipfile
from pathlib import Path

import pytest

from ticketgen.project.source import REQUIREMENTS, SourceError, read_source
from ticketgen.project.wheel import pack
from ticketgen.version import VERSION, requirements

ROOT = Path(__file__).parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
HASH = "f" * 64
URL = f"https://acme.example/ticketgen-{VERSION}-py3-none-any.whl"


@pytest.mark.parametrize("given", [
    "ticketgen", "ticketgen>=0.1", f"ticketgen=={VERSION}", f"ticketgen=={VERSION} --hash=md5:1",
    f"ticketgen=={VERSION} --hash=sha256:{HASH} --index-url http://acme.example",
    f"ticketgen==9.9 --hash=sha256:{HASH}",
    f"ticketgen=={VERSION} 'unclosed", f"ticketgen=={VERSION} --hash=sha256:{HASH} --pre",
    f"ticketgen=={VERSION} --hash=sha256:{HASH} --index-url https://me:secret@acme.example",
    "git+https://me:secret@acme.example/ticketgen",
    "git+https://acme.example/ticketgen", "git+https://acme.example/ticketgen@main", "git+https://acme.example/t@v1.0",
    f"git+https://acme.example/ticketgen@{COMMIT[:12]}", f"git+http://acme.example/ticketgen@{COMMIT}",
    f"git+https://me:secret@acme.example/ticketgen@{COMMIT}", f"git+https://token@acme.example/ticketgen@{COMMIT}",
    f"git+https://acme.example/ticketgen@{COMMIT}#egg=other",
    URL, f"{URL}#md5=1", f"https://acme.example/other-{VERSION}-py3-none-any.whl#sha256={HASH}",
    f"{URL.replace(VERSION, '9.9')}#sha256={HASH}", "missing.whl", "missing.txt", "",
])  # fmt: skip
def test_mutable_and_foreign_sources_are_refused(given: str) -> None:
    with pytest.raises(SourceError) as refused:
        read_source(given)
    assert refused.value.message
    assert refused.value.help
    assert "secret" not in refused.value.message


@pytest.mark.parametrize(("given", "message", "help"), [
    ("git+https://acme.example/ticketgen", "does not name a commit", "append @"),
    ("git+ssh://git@acme.example/ticketgen", "does not name a commit", "append @"),
    (f"git+http://acme.example/ticketgen@{COMMIT}", "is not an https or ssh address of a repository", "git+https://"),
    (URL, "has no hash", "append #sha256="),
    (f"{URL}#sha256=abc", "ends with #sha256=abc, which is not a SHA-256 hash", "64 hex digits"),
    (f"{URL}#md5={HASH}", f"ends with #md5={HASH}, which is not a SHA-256 hash", "append #sha256="),
])  # fmt: skip
def test_a_refusal_names_the_wrong_part(given: str, message: str, help: str) -> None:
    with pytest.raises(SourceError) as refused:
        read_source(given)
    assert refused.value.message.endswith(message)
    assert help in refused.value.help


@pytest.mark.parametrize(("given", "line"), [
    (f"git+https://acme.example/ticketgen@{COMMIT}", f"ticketgen @ git+https://acme.example/ticketgen@{COMMIT}"),
    (f"git+ssh://git@acme.example/a/ticketgen.git@{COMMIT}",
     f"ticketgen @ git+ssh://git@acme.example/a/ticketgen.git@{COMMIT}"),
    (f"{URL}#sha256={HASH}", f"ticketgen @ {URL}#sha256={HASH}"),
    (f"ticketgen=={VERSION} --hash sha256:{HASH}", f"ticketgen=={VERSION} --hash=sha256:{HASH}"),
])  # fmt: skip
def test_a_pinned_source_is_one_requirements_line(given: str, line: str) -> None:
    assert read_source(given).files[REQUIREMENTS].decode().splitlines()[-1] == line


LOCKED = f"""\
# by a tool
--index-url https://pypi.acme.example/simple
jinja2==3.1.6 \\
    --hash=sha256:{HASH} \\
    --hash=sha256:{HASH}
ticketgen=={VERSION} ; python_version >= "3.11" \\
    --hash=sha256:{HASH}
"""


def test_a_lock_file_is_copied_unchanged(tmp_path: Path) -> None:
    place = tmp_path / "ticketgen-lock.txt"
    place.write_text(LOCKED, encoding="utf-8")
    assert read_source(str(place)).files == {REQUIREMENTS: LOCKED.encode()}


@pytest.mark.parametrize(("spoilt", "message"), [
    (LOCKED + "rich==14.0\n", ":8: rich==14.0 has no hash"),
    (LOCKED + "-r other.txt\n", ":8: '-r' refers to another file"),
    (LOCKED + "-e .\n", ":8: '-e' refers to another file"),
    (LOCKED + f"./a.whl --hash=sha256:{HASH}\n", ":8: './a.whl' refers to another file"),
    (LOCKED.replace("ticketgen", "ticketgen-plugin"), "does not name ticketgen"),
    (LOCKED.replace(f"ticketgen=={VERSION}", "ticketgen==9.9"), "is ticketgen 9.9"),
    (LOCKED.replace("https://", "https://me:secret@"), "contains a user name or a password"),
])  # fmt: skip
def test_an_incomplete_lock_file_is_refused(tmp_path: Path, spoilt: str, message: str) -> None:
    place = tmp_path / "lock.txt"
    place.write_text(spoilt, encoding="utf-8")
    with pytest.raises(SourceError, match=re.escape(message)):
        read_source(str(place))


def test_packing_gives_the_same_bytes_with_every_file_recorded() -> None:
    wheel = pack()
    assert wheel == pack()
    with zipfile.ZipFile(io.BytesIO(wheel.content)) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names))
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        information = f"ticketgen-{VERSION}.dist-info"
        recorded = archive.read(f"{information}/RECORD").decode().splitlines()
        assert {row.split(",")[0] for row in recorded} == set(names)
        metadata = archive.read(f"{information}/METADATA").decode()
    assert f"\nVersion: {VERSION}\n" in metadata
    assert all(f"Requires-Dist: {each}\n" in metadata for each in requirements())
    assert "ticketgen/_assets/presets/flash-sale.yaml" in names
    assert not [name for name in names if "__pycache__" in name]


@pytest.mark.parametrize("what", ["another package", "another name", "no zip"])
def test_a_file_that_is_not_a_wheel_of_ticketgen_is_refused(tmp_path: Path, what: str) -> None:
    place = tmp_path / (
        f"ticketgen-{VERSION}-py3-none-any.whl" if what != "another name" else "it-1-py3-none-any.whl"
    )
    content = pack().content
    if what == "another package":
        with zipfile.ZipFile(place, "w") as archive:
            archive.writestr("other-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: other\nVersion: 1\n")
    else:
        place.write_bytes(b"no zip" if what == "no zip" else content)
    with pytest.raises(SourceError):
        read_source(str(place))


BY_NAME = re.compile(
    r"(?:pip3? install|pipx (?:install|run)|uvx|uv (?:tool (?:install|run)|add|pip install)|pip download)"
    r"[^\n#]*?[\s\"'\[]ticketgen(?![\w./-]|\s*@)"
    r"|additional_dependencies:[^\n]*ticketgen(?!\s*@)|pypi\.org/(?:project|simple)/ticketgen",
)


@pytest.mark.parametrize("text", [
    "pip install ticketgen", 'pip install "ticketgen[rehearse]"', "python -m pip install -U ticketgen==0.1.0",
    "uvx ticketgen render", "pipx install ticketgen", "uv tool install ticketgen", "uv add ticketgen",
    'additional_dependencies: ["ticketgen==0.1.0"]', "https://pypi.org/project/ticketgen/",
])  # fmt: skip
def test_an_installation_by_name_is_recognised(text: str) -> None:
    assert BY_NAME.search(text)


def test_no_text_installs_ticketgen_by_name_alone() -> None:
    places = [*ROOT.glob("*.md"), *ROOT.glob(".*.yaml"), ROOT / "Makefile"]
    for folder in ("src", "templates", "docs", "examples", "presets", ".github", ".ci"):
        places += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    read = [path for path in places if path.suffix not in {".gz", ".pyc", ".png", ".svg"} and path.is_file()]
    assert len(read) > 100
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in read
        for match in BY_NAME.finditer(path.read_text("utf-8", errors="replace"))
    ]
    assert found == []


STRANGERS = (
    "root:x:0:0:root:/root:/bin/bash\n",
    "hunter2\n",
    "ticketgen:x:1000:1000::/home/ticketgen:/bin/sh\nhunter2:\n",
    "-----BEGIN PRIVATE KEY-----\nhunter2\n",
    "./hunter2\n",
)


@pytest.mark.parametrize("text", STRANGERS)
@pytest.mark.parametrize("name", ["passwd", "lock.txt", f"ticketgen-{VERSION}-py3-none-any.whl"])
def test_nothing_of_another_kind_of_file_is_repeated(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as refused:
        read_source(name, tmp_path)
    refusal = f"{refused.value.message} {refused.value.help}"
    assert not [word for word in ("root:", "hunter2", "PRIVATE", ":/bin") if word in refusal]


@pytest.mark.parametrize("name", ["lock.txt", f"ticketgen-{VERSION}-py3-none-any.whl"])
@pytest.mark.parametrize("what", ["a pipe", "a folder", "a device", "huge"])
def test_a_source_that_is_not_a_regular_file_is_refused_immediately(
    tmp_path: Path, name: str, what: str
) -> None:
    place = tmp_path / name
    if what == "a pipe":
        os.mkfifo(place)
    elif what == "a folder":
        place.mkdir()
    elif what == "a device":
        place.symlink_to("/dev/zero")
    else:
        with place.open("wb") as stream:
            stream.truncate(10**12)  # a hole, which takes no space
    with pytest.raises(SourceError, match="cannot be read"):
        read_source(name, tmp_path)


def test_oversized_metadata_is_refused(tmp_path: Path) -> None:
    place = tmp_path / f"ticketgen-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"ticketgen-{VERSION}.dist-info/METADATA", b"Name: ticketgen\n" * 1_000_000)
    with pytest.raises(SourceError, match="too large"):
        read_source(str(place))


@pytest.mark.parametrize("given", [
    f"git+https://acme.example/x\n--index-url=https://evil.example@{COMMIT}", f"git+https://[@{COMMIT}",
    f"https://acme.example/x\ty/ticketgen-{VERSION}-py3-none-any.whl#sha256={HASH}",
    f"https://acme.example/ticketgen-{VERSION}-py3-none-any\nrich.whl#sha256={HASH}", "https://[",
])  # fmt: skip
def test_an_address_adds_no_line_to_the_requirements(given: str) -> None:
    with pytest.raises(SourceError):
        read_source(given)


def test_a_wheel_name_adds_no_line_to_the_requirements(tmp_path: Path) -> None:
    place = tmp_path / f"ticketgen-{VERSION}-py3-none-any\n--index-url=x.whl"
    place.write_bytes(pack().content)
    with pytest.raises(SourceError, match="is not the name of a wheel"):
        read_source(str(place))


def test_a_file_of_continued_lines_is_read_in_one_pass() -> None:
    """Twice the lines cost twice the work: each is looked at once."""
    from ticketgen.project.source import logical_lines

    ((number, line),) = logical_lines("a \\\n" * 200_000 + "b\n")
    assert (number, len(line.split())) == (1, 200_001)

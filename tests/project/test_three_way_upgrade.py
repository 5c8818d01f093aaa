"""`ticketgen upgrade` finds the newest release where the pin points, says why stacks change, and changes the pin."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from project_tools import everything_in, run
from three_way_tools import write_texts

from ticketgen.project import package_index
from ticketgen.project.bases import Answers, InstallKind, ProjectRecord, base_path, read_record, record_files
from ticketgen.project.merge import merge_project
from ticketgen.project.owned_files import WORKFLOW
from ticketgen.project.pin_upgrade import upgrade_pin
from ticketgen.project.pinned_source import parse_pin, read_pinned_source, replace_line
from ticketgen.project.source import DEPENDENCIES, REQUIREMENTS, dependencies_text
from ticketgen.project.upgrade_workflow import add_workflow
from ticketgen.project.web import WebError, read_https

CHANGELOG = """# Changelog

## Unreleased

## 0.10.0 - 2027-03-01

### Rendering

- Alarms have a runbook, so that nobody searches.

## 0.9.0 - 2027-02-01

### Rendering

- Logs are encrypted.

## 0.2.0 - 2027-01-01

### Rendering

- Nothing of today.
"""
REASONS = (("0.10.0", "Alarms have a runbook, so that nobody searches"), ("0.9.0", "Logs are encrypted"))
INDEX = "https://pypi.acme.example/simple"
SPEC = "version: 1\nproject: my-shop\nextends: small-venue\nenvironments: { dev: {} }\n"


def project(root: Path, requirement: str, kind: InstallKind = InstallKind.GIT) -> Path:
    """A project without stacks that pins ticketgen like this."""
    record = ProjectRecord("0.2.0", kind, Answers("my-shop", "small-venue", "github"))
    bases = {DEPENDENCIES: dependencies_text(("jinja2>=3", "pyyaml>=6"))} if kind is InstallKind.INDEX else {}
    write_texts(root, {REQUIREMENTS: f"# Ours.\n{requirement}\n# The end.\n".encode(), "ticketgen.yaml": SPEC.encode(),
                       **bases, **record_files(record, bases)})  # fmt: skip
    return root


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> tuple[str, Mapping[str, str]]:
    """A repository with releases and a candidate, and the commit of each tag."""
    folder = tmp_path / "ticketgen"
    folder.mkdir()
    git(folder, "init", "-q")
    commits = {}
    for tag, options in {"v0.2.0": ["-a", "-m", "x"], "v0.9.0": [], "v0.10.0": ["-a", "-m", "x"],
                         "v0.11.0rc1": [], "v1.0-draft": []}.items():  # fmt: skip
        (folder / "CHANGELOG.md").write_text(CHANGELOG + f"<!-- {tag} -->\n")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", tag)
        git(folder, "tag", *options, tag)
        commits[tag] = git(folder, "rev-parse", "HEAD")
    return f"file://{folder}", commits


def test_a_repository_is_asked_for_its_newest_tag(
    tmp_path: Path, repository: tuple[str, Mapping[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, commits = repository
    old, new = commits["v0.2.0"], commits["v0.10.0"]
    root = project(tmp_path / "shop", f"git+{address}@{old}#egg=ticketgen")
    found = upgrade_pin(root).value
    assert found
    assert (found.pinned, found.newest, found.is_newer, found.written) == ("0.2.0", "0.10.0", True, ())
    assert found.reasons == REASONS
    monkeypatch.chdir(root)
    asked = run("upgrade", "--write", "--format", "json")
    assert asked.exit_code == 0, asked.output
    document = json.loads(asked.stdout)
    assert (document["newer"], document["written"]) == (True, [REQUIREMENTS])
    assert (root / REQUIREMENTS).read_text() == f"# Ours.\ngit+{address}@{new}#egg=ticketgen\n# The end.\n"
    assert "Up to date: ticketgen 0.10.0" in run("upgrade", "--write").stdout
    body = run("upgrade", "--format", "markdown").stdout
    assert body == "The project pins ticketgen 0.10.0, which is the newest version.\n"


def test_a_pull_request_lists_the_reasons(
    tmp_path: Path, repository: tuple[str, Mapping[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, commits = repository
    monkeypatch.chdir(project(tmp_path / "shop", f"git+{address}@{commits['v0.9.0']}#egg=ticketgen"))
    before = everything_in(Path())
    body = run("upgrade", "--format", "markdown").stdout
    assert body.startswith("This upgrades ticketgen from 0.9.0 to 0.10.0.\n")
    assert body.endswith(f"\n- 0.10.0: {REASONS[0][1]}\n")
    assert everything_in(Path()) == before


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        ("./vendor/ticketgen-0.2.0-py3-none-any.whl", "carries its ticketgen in vendor/"),
        (
            f"ticketgen @ https://acme.example/ticketgen-0.2.0-py3-none-any.whl#sha256={'0' * 64}",
            "one file at a URL",
        ),
        (f"git+file:///nowhere@{'0' * 40}#egg=ticketgen", "git ls-remote fails"),
    ],
)
def test_a_source_that_does_not_tell_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, requirement: str, words: str
) -> None:
    monkeypatch.chdir(project(tmp_path / "shop", requirement))
    done = run("upgrade")
    assert done.exit_code == 1
    assert "[newest-unknown]" in done.stderr
    assert words in done.stderr


@pytest.mark.parametrize(
    "requirement",
    [
        "ticketgen",
        "ticketgen>=1",
        "git+https://acme.example/x@main",
        f"git+ssh://-oProxyCommand=id/x@{'0' * 40}",
        f"git+ext::sh -c id@{'0' * 40}",
        f"git+https://-x/x@{'0' * 40}",
        "ticketgen @ https://[::1/ticketgen-1-py3-none-any.whl",
        "./vendor/../../x.whl",
        "a\u2028ticketgen==1",
        "ticketgen==",
    ],
)
def test_a_pin_that_new_never_writes_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, requirement: str
) -> None:
    monkeypatch.chdir(project(tmp_path / "shop", requirement))
    done = run("upgrade", "--write")
    assert done.exit_code == 1
    assert "[pin-unknown]" in done.stderr or "[newest-unknown]" in done.stderr


def wheel(version: str, needs: tuple[str, ...]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        metadata = f"Metadata-Version: 2.1\nName: ticketgen\nVersion: {version}\n"
        metadata += "".join(f"Requires-Dist: {each}\n" for each in needs)
        archive.writestr(f"ticketgen-{version}.dist-info/METADATA", metadata)
        archive.writestr("ticketgen/__init__.py", "")
        archive.writestr("ticketgen/_assets/CHANGELOG.md", CHANGELOG)
    return content.getvalue()


WHEELS = {
    version: wheel(
        version, ("jinja2>=3", "pyyaml>=7", "cryptography; extra == 'x'", "--index-url=https://evil")
    )
    for version in ("0.2.0", "0.9.0", "0.10.0", "0.11.0", "0.12.0rc1")
}
HASHES = {version: hashlib.sha256(content).hexdigest() for version, content in WHEELS.items()}
YANKED = "0.11.0"


@pytest.fixture(params=["json", "html"])
def index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An index, in place of one that is reached over TLS; the addresses that were asked for."""
    asked = []

    def answer(address: str, limit: int, accept: str = "*/*") -> tuple[bytes, str]:
        asked.append(address)
        if address == f"{INDEX}/ticketgen/":
            return page(request.param)
        version = address.removeprefix(f"{INDEX}/files/ticketgen-").removesuffix("-py3-none-any.whl")
        return WHEELS[version], "application/octet-stream"

    monkeypatch.setattr(package_index, "read_https", answer)
    return asked


def page(form: str) -> tuple[bytes, str]:
    names = {version: f"ticketgen-{version}-py3-none-any.whl" for version in WHEELS}
    if form == "json":
        files = [
            {"filename": name, "url": f"../files/{name}", "hashes": {"sha256": HASHES[version]},
             "yanked": version == YANKED}
            for version, name in names.items()
        ]  # fmt: skip
        return json.dumps({"files": files}).encode(), "application/vnd.pypi.simple.v1+json"
    links = [
        f'<a href="../files/{name}#sha256={HASHES[version]}"{" data-yanked" if version == YANKED else ""}>{name}</a>'
        for version, name in names.items()
    ]
    return f"<!DOCTYPE html><body>{''.join(links)}".encode(), "text/html"


def pinned(version: str, sha256: str = "") -> str:
    return f"--index-url {INDEX}\nticketgen=={version} --hash=sha256:{sha256 or HASHES[version]}"


def test_an_index_is_asked_and_dependencies_are_merged(tmp_path: Path, index: list[str]) -> None:
    root = project(tmp_path / "shop", pinned("0.2.0"), InstallKind.INDEX)
    mine = (root / DEPENDENCIES).read_text().replace("jinja2", "boto3  # ours, for the proxy\njinja2")
    (root / DEPENDENCIES).write_text(mine)
    found = upgrade_pin(root, write=True)
    assert found.findings == ()
    assert found.value
    assert (found.value.newest, found.value.reasons) == ("0.10.0", REASONS), (
        "a yanked one and a candidate do not count"
    )
    assert (root / REQUIREMENTS).read_text() == f"# Ours.\n{pinned('0.10.0')}\n# The end.\n"
    assert (root / DEPENDENCIES).read_text() == mine.replace("pyyaml>=6", "pyyaml>=7")
    assert (root / base_path(DEPENDENCIES)).read_bytes() == dependencies_text(("jinja2>=3", "pyyaml>=7"))
    assert index == [f"{INDEX}/ticketgen/", f"{INDEX}/files/ticketgen-0.10.0-py3-none-any.whl"]


def test_a_package_of_the_same_name_on_an_index_is_not_taken(tmp_path: Path, index: list[str]) -> None:
    """The pinned hash says which package it is."""
    root = project(tmp_path / "shop", pinned("0.2.0", "f" * 64), InstallKind.INDEX)
    before = everything_in(root)
    (found,) = upgrade_pin(root, write=True).findings
    assert (found.rule, "may be another one" in found.message) == ("newest-unknown", True)
    assert everything_in(root) == before


def test_dependencies_that_both_sides_changed_are_not_written(tmp_path: Path, index: list[str]) -> None:
    root = project(tmp_path / "shop", pinned("0.2.0"), InstallKind.INDEX)
    (root / DEPENDENCIES).write_text((root / DEPENDENCIES).read_text().replace("pyyaml>=6", "pyyaml==6.0.1"))
    before = everything_in(root)
    assert [each.rule for each in upgrade_pin(root, write=True).findings] == ["pin-not-written"]
    assert everything_in(root) == before


def test_a_file_that_locks_every_package_is_reported_and_not_written(
    tmp_path: Path, index: list[str]
) -> None:
    lock = f"{pinned('0.2.0')} \\\n  --hash=sha256:{'1' * 64}\njinja2==3.1 --hash=sha256:{'2' * 64}"
    root = project(tmp_path / "shop", lock, InstallKind.LOCK)
    before = everything_in(root)
    found = upgrade_pin(root, write=True)
    assert found.value
    assert (found.value.newest, found.value.written) == ("0.10.0", ())
    assert [each.rule for each in found.findings] == ["pin-not-written"]
    assert everything_in(root) == before


def test_a_wheel_that_the_user_names_replaces_the_one_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path / "shop", "./vendor/ticketgen-0.2.0-py3-none-any.whl", InstallKind.WHEEL)
    write_texts(root, {"vendor/ticketgen-0.2.0-py3-none-any.whl": b"old"})
    new = tmp_path / "ticketgen-0.10.0-py3-none-any.whl"
    new.write_bytes(WHEELS["0.10.0"])
    monkeypatch.chdir(root)
    done = run("upgrade", "--to", str(new), "--write")
    assert done.exit_code == 0, done.output
    assert "ticketgen 0.10.0 is available" in done.stdout
    assert REASONS[0][1] in done.stdout
    assert (root / REQUIREMENTS).read_text() == f"# Ours.\n./vendor/{new.name}\n# The end.\n"
    assert [each.name for each in (root / "vendor").iterdir()] == [new.name]
    assert (root / "vendor" / new.name).read_bytes() == WHEELS["0.10.0"]


def test_another_kind_of_source_is_recorded_for_the_next_merge(tmp_path: Path, index: list[str]) -> None:
    root = project(tmp_path / "shop", "./vendor/ticketgen-0.2.0-py3-none-any.whl", InstallKind.WHEEL)
    source = f"ticketgen==0.10.0 --hash=sha256:{HASHES['0.10.0']} --index-url {INDEX}"
    found = upgrade_pin(root, to=source, write=True)
    assert found.findings == ()
    record = read_record(root)[1].value
    assert record
    assert record.install is InstallKind.INDEX
    assert read_pinned_source(root) == parse_pin((root / REQUIREMENTS).read_text())
    assert (root / DEPENDENCIES).read_bytes() == dependencies_text(("jinja2>=3", "pyyaml>=7"))


def test_only_the_lines_of_the_requirement_are_replaced() -> None:
    text = (
        "# a\n--index-url https://x/simple\nticketgen==1 \\\n  --hash=sha256:aa \\\n  --hash=sha256:bb\n# b\n"
    )
    pin = parse_pin(text)
    assert pin
    assert replace_line(pin, "ticketgen==2") == "# a\n--index-url https://x/simple\nticketgen==2\n# b\n"


def test_addresses_that_are_not_https_are_refused() -> None:
    for address in ("http://acme.example", "file:///etc/passwd", "ftp://acme.example"):
        with pytest.raises(WebError, match="not an https address"):
            read_https(address, 10)


def test_the_workflow_is_added_with_its_base_and_never_over_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path / "shop", "./vendor/ticketgen-0.2.0-py3-none-any.whl", InstallKind.WHEEL)
    write_texts(root, {WORKFLOW: b"theirs\n"})
    assert [each.rule for each in add_workflow(root).findings] == ["in-the-way"]
    assert (root / WORKFLOW).read_bytes() == b"theirs\n"
    (root / WORKFLOW).unlink()
    monkeypatch.chdir(root)
    assert run("upgrade", "--workflow").exit_code == 0
    written = (root / WORKFLOW).read_bytes()
    assert b"python -m pip install -r requirements-ticketgen.txt" in written
    assert (root / base_path(WORKFLOW)).read_bytes() == written
    record = read_record(root)[1].value
    assert record
    assert record.answers
    assert record.answers.upgrade_workflow is True
    merge_project(root, root / "ticketgen.yaml")
    assert (root / WORKFLOW).read_bytes() == written


def test_a_project_with_another_ci_gets_no_workflow(tmp_path: Path) -> None:
    record = ProjectRecord("0.0.1", InstallKind.WHEEL, Answers("my-shop", "small-venue", "gitlab"))
    write_texts(tmp_path, record_files(record, {}))
    assert [each.rule for each in add_workflow(tmp_path).findings] == ["upgrade-workflow"]

"""Cached templates are used only for the same template and the same version of ticketgen."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import TemplateAssertionError

from ticketgen import caching
from ticketgen.rendering import bytecode_cache
from ticketgen.rendering.jinja_environment import TemplateEnvironment, template_environment


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TICKETGEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv(caching.NO_CACHE, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "cache"


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the templates that are compiled, not read from the cache."""
    names: list[str] = []
    compile = TemplateEnvironment._parse

    def counted(self: TemplateEnvironment, source: str, name: str | None, filename: str | None) -> object:
        names.append(str(name))
        return compile(self, source, name, filename)

    monkeypatch.setattr(TemplateEnvironment, "_parse", counted)
    return names


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "a.j2").write_text("a = {{ x | hcl }}\n")
    (folder / "b.j2").write_text("b = {{ x | hcl }}\n")
    return folder


def rendered(templates: Path, name: str = "a.j2") -> str:
    """Render as in a separate run."""
    return template_environment(templates).get_template(name).render(x=1)


def test_a_template_is_compiled_once(kept: Path, templates: Path, compilations: list[str]) -> None:
    assert rendered(templates) == rendered(templates) == "a = 1\n"
    assert compilations == ["a.j2"]
    assert len(list(kept.glob("template-*"))) == 1


def test_a_changed_template_is_compiled_again(kept: Path, templates: Path, compilations: list[str]) -> None:
    rendered(templates)
    (templates / "a.j2").write_text("c = {{ x | hcl }}\n")
    assert rendered(templates) == "c = 1\n"
    assert compilations == ["a.j2", "a.j2"]


def test_another_version_of_ticketgen_compiles_again(
    kept: Path, templates: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered(templates)
    own = caching.fingerprint("jinja2", "markupsafe")
    assert all(name in own for name in ("rendering", "filters.py", "compiler.py"))
    monkeypatch.setattr(bytecode_cache, "fingerprint", lambda *packages: f"{own} and a file more")
    rendered(templates)
    assert compilations == ["a.j2", "a.j2"]


def test_an_invalid_template_is_refused_every_time(
    kept: Path, templates: Path, compilations: list[str]
) -> None:
    (templates / "a.j2").write_text('a = {{ "x" ~ x }}\n')
    for _ in range(2):
        with pytest.raises(TemplateAssertionError):
            rendered(templates)
    assert not list(kept.glob("template-*"))


@pytest.mark.parametrize("half", [0, 10, 100])
def test_a_truncated_entry_is_a_cache_miss(
    half: int, kept: Path, templates: Path, compilations: list[str]
) -> None:
    rendered(templates)
    (path,) = kept.glob("template-*")
    path.write_bytes(path.read_bytes()[:half])
    assert rendered(templates) == "a = 1\n"
    assert compilations == ["a.j2", "a.j2"]


def test_a_foreign_entry_is_a_cache_miss(kept: Path, templates: Path, compilations: list[str]) -> None:
    rendered(templates)
    (a,) = kept.glob("template-*")
    rendered(templates, "b.j2")
    (b,) = set(kept.glob("template-*")) - {a}
    a.write_bytes(b.read_bytes())
    assert rendered(templates) == "a = 1\n"
    assert compilations == ["a.j2", "b.j2", "a.j2"]


def test_the_number_of_entries_is_limited(
    kept: Path, templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bytecode_cache, "_MAX_KEPT", 3)
    for number in range(6):
        (templates / "a.j2").write_text(f"a{number} = {{{{ x | hcl }}}}\n")
        rendered(templates)
    assert len(list(kept.glob("template-*"))) == 3


def test_without_a_cache_folder_everything_is_compiled(
    kept: Path, templates: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(caching.NO_CACHE, "1")
    assert rendered(templates) == rendered(templates) == "a = 1\n"
    assert compilations == ["a.j2", "a.j2"]

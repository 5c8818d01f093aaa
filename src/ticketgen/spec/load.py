"""Stage 1, load: read the spec and its preset into trees with lines and columns.

Only this stage reads the files of a spec. It reports errors of the files and of their YAML (`reader`); the next stage,
`resolve`, checks the values. It returns a tree whenever it can build one, so that one error does not hide the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ticketgen.findings import Checked, Location
from ticketgen.findings.spec import UNKNOWN_PRESET, UNREADABLE_FILE
from ticketgen.guesses import did_you_mean
from ticketgen.safe_open import IN_THE_REPOSITORY, NotRegularFile, read_within_area
from ticketgen.spec.nodes import Map, Scalar, YamlNode, display_text
from ticketgen.spec.presets import presets
from ticketgen.spec.reader import MAX_BYTES, read

__all__ = ["SpecDocument", "load"]


@dataclass(frozen=True, slots=True)
class SpecDocument:
    """A spec as it was written.

    Attributes:
        file: its name, as in the locations.
        root: its tree.
        preset: the tree of the preset that it extends; None without a preset.
        preset_missing: whether the preset could not be read, so that missing keys are not errors.
        text: the whole file, for edits.
    """

    file: str
    root: YamlNode
    preset: YamlNode | None = None
    preset_missing: bool = False
    text: str = ""


def load(
    path: Path, presets_folder: Path | None = None, *, content: bytes | None = None
) -> Checked[SpecDocument]:
    """Read a spec and the preset that it extends.

    Args:
        path: of the spec; locations name it like this.
        presets_folder: the folder of the presets; ticketgen's own if None.
        content: of the spec, if it is not to be read, such as that of an unsaved document.
    """
    data = _data(path) if content is None else Checked(content)
    if data.value is None:
        return Checked(None, data.findings)
    checked = read(data.value, str(path))
    if checked.value is None:
        return Checked(None, checked.findings)
    root, text = checked.value, data.value.decode()
    extends = root.entries.get("extends") if isinstance(root, Map) else None
    if not (isinstance(extends, Scalar) and isinstance(extends.value, str)):
        no_preset = extends is None or (isinstance(extends, Scalar) and extends.value is None)
        return Checked(
            SpecDocument(str(path), root, preset_missing=not no_preset, text=text), checked.findings
        )
    preset = _preset(extends, extends.value, presets_folder)
    document = SpecDocument(str(path), root, preset.value, preset_missing=preset.value is None, text=text)
    return Checked(document, checked.findings + preset.findings)


def _preset(extends: Scalar, name: str, folder: Path | None) -> Checked[YamlNode]:
    known = presets(folder)
    if name in known:
        path = known[name].path
        return read(path.read_bytes(), str(path))
    message = f"extends: {display_text(name)} is not a preset"
    help = did_you_mean(name, known, f"write one of {', '.join(known)}")
    return Checked(None, (UNKNOWN_PRESET.found(message, help, at=extends.location),))


def _data(path: Path) -> Checked[bytes]:
    file, top = str(path), Location(str(path))
    try:
        return Checked(read_within_area(path, MAX_BYTES + 1, clip=True))
    except FileNotFoundError:
        message, help = (
            f"{file} does not exist",
            "run `ticketgen new`, or name the spec with --spec",
        )
    except IsADirectoryError:
        message, help = f"{file} is a directory", "name the file inside the directory"
    except NotRegularFile as error:
        message, help = f"{file} is not read: {error.strerror}", IN_THE_REPOSITORY
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        message, help = f"{file} cannot be read: {reason}", "make it readable"
    return Checked(None, (UNREADABLE_FILE.found(message, help, at=top),))

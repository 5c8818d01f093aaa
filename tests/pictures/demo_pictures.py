"""Pictures for the tests: of the stacks' shapes, and of Terraform that is changed on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from stacks import SHAPES, rendered

from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import File
from ticketgen.pictures.extraction import build_picture
from ticketgen.pictures.picture import Picture
from ticketgen.spec.model import Environment

__all__ = ["changed", "picture_of", "pictured", "texts", "texts_of"]


def texts_of(environment: Environment) -> Mapping[str, str]:
    return {path: text for path, text in rendered(environment).items() if path.endswith(".tf")}


@cache
def texts(shape: str) -> Mapping[str, str]:
    return texts_of(SHAPES[shape]())


def pictured(files: Mapping[str, str]) -> Picture:
    parsed = [parse(path, text) for path, text in files.items()]
    return build_picture(file for file in parsed if isinstance(file, File))


@cache
def picture_of(shape: str) -> Picture:
    return pictured(texts(shape))


def changed(shape: str, path: str, old: str, new: str) -> Picture:
    """The picture of a stack in whose file something was replaced, once."""
    text = texts(shape)[path]
    assert text.count(old) == 1, text.count(old)
    return pictured({**texts(shape), path: text.replace(old, new)})

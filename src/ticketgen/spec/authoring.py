"""The models of files: the settings of `model`, each of them optional.

A preset, the top of a spec and each environment may set any of them, and inherits the others. So these
models are made from `Settings`, field by field, instead of being written again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Final, Union, get_args

from pydantic import AfterValidator, Field, WithJsonSchema, create_model
from pydantic.fields import FieldInfo

from ticketgen.findings.spec import UNKNOWN_VERSION
from ticketgen.spec.model import Settings
from ticketgen.spec.nodes import KeyPath
from ticketgen.spec.spec_part import SpecPart
from ticketgen.spec.string_types import EnvironmentName, ProjectName, refusal

__all__ = [
    "MAX_ENVIRONMENTS",
    "SPEC_KEYS",
    "TOP_LEVEL_KEYS",
    "Overrides",
    "PresetFile",
    "SpecFile",
    "field_at",
    "keys_at",
]

TOP_LEVEL_KEYS = ("version", "project", "extends", "environments")
"""Keys that apply to all environments; none can override them."""


def _is_part(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, SpecPart)


def _none() -> None:
    """The default of an optional field; a factory, so that JSON Schema shows none."""


@cache
def _partial(model: type[SpecPart]) -> type[SpecPart]:
    """Make every field of a model optional, on every level.

    A field that must not be null must still not be null.
    """
    fields: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        annotation = _with_partials(info.annotation)
        if info.metadata:
            annotation = Annotated[(annotation, *info.metadata)]
        fields[name] = (annotation, _optional(info))
    made: type[SpecPart] = create_model(
        f"{model.__name__}Part", __base__=SpecPart, __doc__=model.__doc__, **fields
    )
    return made


def _with_partials(annotation: Any) -> Any:
    if _is_part(annotation):
        return _partial(annotation)
    if type(None) in get_args(annotation):
        return Union[tuple(_with_partials(member) for member in get_args(annotation))]  # noqa: UP007
    return annotation


def _optional(info: FieldInfo) -> Any:
    extra = dict(info.json_schema_extra) if isinstance(info.json_schema_extra, dict) else {}
    default = {} if info.default_factory is dict else info.default
    if info.is_required():
        extra["x-needed"] = True  # in the file, its preset or the environment: no schema can tell
    elif not isinstance(default, SpecPart):
        extra["default"] = list(default) if isinstance(default, tuple) else default
    return Field(default_factory=_none, description=info.description, json_schema_extra=extra)


Overrides = _partial(Settings)
"""The values that one environment overrides."""

MAX_ENVIRONMENTS: Final = 30
"""Maximum environments of a spec: each takes seconds to render and verify, and an untrusted spec may list thousands."""

_ENVIRONMENTS = Mapping[EnvironmentName, Overrides | None]  # type: ignore[valid-type]


def _known_version(version: int) -> int:
    if version == 1:
        return version
    raise refusal(UNKNOWN_VERSION, "is not a version that this ticketgen reads", "write 1")


_Version = Annotated[int, AfterValidator(_known_version), WithJsonSchema({"const": 1})]

PresetFile = create_model(
    "PresetFile",
    __base__=Overrides,
    __doc__="A preset: values that a spec takes over when it extends the preset.",
    environments=(
        _ENVIRONMENTS,
        Field(default_factory=dict, description="Environments that every spec with this preset has."),
    ),
)

SpecFile = create_model(
    "SpecFile",
    __base__=Overrides,
    __doc__="A ticketgen spec: the description of a multi-Region ticketing stack.",
    version=(
        _Version,
        Field(description="The version of this format: 1."),
    ),
    project=(
        ProjectName,
        Field(description="The project's name: every name in the stack begins with it (`local.app_name`)."),
    ),
    extends=(
        str | None,
        Field(
            default=None,
            description="The preset that this file starts from; values in this file win over it.",
        ),
    ),
    environments=(
        _ENVIRONMENTS,
        Field(
            default_factory=dict,
            description="The environments by name, each with the values that it overrides; an empty value, or `{}`, "
            "overrides nothing. Every name in a stack ends with the name of its environment.",
            json_schema_extra={"x-needed": True, "maxProperties": MAX_ENVIRONMENTS},
        ),
    ),
)


SPEC_KEYS = (
    *("version", "project", "extends"),
    *(key for key in SpecFile.model_fields if key not in TOP_LEVEL_KEYS),
    "environments",
)
"""The keys of a spec, in the usual order."""


def keys_at(model: type[SpecPart], path: KeyPath) -> tuple[str, ...]:
    """The keys that a path of a file may have; none if it takes any key or is no section."""
    part = _part_at(model, path)
    return tuple(part.model_fields) if part else ()


def field_at(model: type[SpecPart], path: KeyPath) -> FieldInfo | None:
    """The field at a path of a file."""
    part = _part_at(model, path[:-1]) if path else None
    return part.model_fields.get(str(path[-1])) if part else None


def _part_at(model: type[SpecPart], path: KeyPath) -> type[SpecPart] | None:
    if path[:1] == ("environments",) and "environments" in model.model_fields:
        return _part_at(Overrides, path[2:]) if len(path) > 1 else None
    for step in path:
        if isinstance(step, int):
            continue  # the items of a list are alike
        info = model.model_fields.get(str(step))
        annotation = info.annotation if info else None
        parts = [kind for kind in (annotation, *get_args(annotation)) if _is_part(kind)]
        if not parts:
            return None
        model = parts[0]
    return model

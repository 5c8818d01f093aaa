"""Derive provider schemas from the published bindings of the CDK for Terraform.

HashiCorp generated the bindings from ``terraform providers schema -json``. A wheel on PyPI, such as
``cdktf-cdktf-provider-aws``, contains them as JavaScript and TypeScript, one folder for each type. They lack whether an
argument is deprecated, sensitive or write-only. They do not distinguish an optional argument from one that the provider
may compute as well, and they name no minimum of items except one, and no maximum except one.

Source: https://github.com/hashicorp/terraform-cdk/tree/main/packages/%40cdktf/provider-generator/lib/get/generator
"""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]
"""A block in the form of ``terraform providers schema -json``."""

_KINDS = {
    "TerraformResource": "resource",
    "TerraformDataSource": "data",
    "TerraformProvider": "provider",
    "TerraformEphemeralResource": "ephemeral",
}
_FUNCTION = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_CLASS = re.compile(r"^class (\w+) extends cdktf\.(\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_ARGUMENT = re.compile(
    r'^ +"?(\w+)"?: \{\n +value: (.*),\n +isBlock: \w+,\n +type: "(\w+)",\n +storageClassType: "(\w+)",',
    re.MULTILINE,
)
_INTERFACE = re.compile(r"^export interface (\w+)[^{\n]*\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_MEMBER = re.compile(r"^    readonly (\w+)(\??):", re.MULTILINE)
_GETTER = re.compile(
    r"return [^\n;]*?(Fn\.tolist\()?(?:this\.get(\w+)Attribute|this\.(interpolationForAttribute))\('(\w+)'\)"
)
_CHILD = re.compile(r'this\._\w+ = new (?:\w+\.)?(\w+)\(this, "(\w+)"(?:, (true|false))?\)')
_COMPUTED = re.compile(r"^ +// (\w+) - computed: true, optional: true", re.MULTILINE)
_SCALARS = {"string": "string", "number": "number", "boolean": "bool", "any": "dynamic"}
_GETTERS: dict[str, Any] = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "NumberList": ["list", "number"],
    "StringMap": ["map", "string"],
    "NumberMap": ["map", "number"],
    "BooleanMap": ["map", "bool"],
    "AnyMap": ["map", "dynamic"],
}
_CAMEL = re.compile(r"(?:struct\.|this\._)(\w+)")


def schemas_of_wheel(path: Path) -> dict[str, dict[str, Schema]]:
    """The schemas in a wheel, by kind (such as ``data``) and type."""
    with zipfile.ZipFile(path) as wheel:
        (name,) = (each for each in wheel.namelist() if each.endswith(".jsii.tgz"))
        texts: dict[str, list[str]] = defaultdict(list)
        with tarfile.open(fileobj=io.BytesIO(wheel.read(name))) as package:
            for member in package:
                parts = member.name.split("/")
                if (
                    parts[:2] == ["package", "lib"]
                    and len(parts) > 3
                    and member.name.endswith((".js", ".ts"))
                ):
                    opened = package.extractfile(member)
                    if opened:
                        texts[parts[2]].append(opened.read().decode())
    found: dict[str, dict[str, Schema]] = defaultdict(dict)
    for folder in sorted(texts):
        bindings = _Bindings("\n".join(texts[folder]))
        for kind, type, schema in bindings.types():
            found[kind][type] = schema
    found["provider"].get("aws", {"attributes": {}})["attributes"].pop("alias", None)  # Terraform's own
    return found


class _Bindings:
    """The texts of one folder."""

    def __init__(self, text: str) -> None:
        self._arguments = {name: _ARGUMENT.findall(body) for name, body in _FUNCTION.findall(text)}
        self._classes = {name: (base, body) for name, base, body in _CLASS.findall(text)}
        self._required = {
            name: {member for member, mark in _MEMBER.findall(body) if not mark}
            for name, body in _INTERFACE.findall(text)
        }

    def types(self) -> list[tuple[str, str, Schema]]:
        """Kind, type and schema of each class for a type."""
        return [
            (_KINDS[base], match[1], self._block(body, _ARGUMENT.findall(body), f"{name}Config"))
            for name, (base, body) in self._classes.items()
            if base in _KINDS and (match := re.search(r"terraformResourceType: '(\w+)'", body))
        ]

    def _struct(self, name: str) -> Schema:
        """The schema of a nested struct, such as ``InstanceTimeouts``."""
        _, body = self._classes.get(f"{name}OutputReference", ("", ""))
        return self._block(body, self._arguments.get(name[:1].lower() + name[1:], []), name)

    def _block(self, body: str, arguments: list[tuple[str, str, str, str]], interface: str) -> Schema:
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        children = {name: (type, mark == "true") for type, name, mark in _CHILD.findall(body)}
        required = self._required.get(interface, set())
        computed = set(_COMPUTED.findall(body))
        for is_set, getter, other, name in _GETTER.findall(body):
            type = "dynamic" if other else _GETTERS[getter]
            attributes[name] = {"type": ["set", type[1]] if is_set else type, "computed": True}
        for name, (type, from_set) in children.items():
            attributes[name] = {"type": self._child_type(type, from_set), "computed": True}
        for name, value, collection, storage in arguments:
            camel = _CAMEL.findall(value)[-1]
            needed = camel in required
            child = children.get(name, ("", False))[0]
            struct = _struct_name(child)
            if struct and not child.endswith("Map"):
                nested = self._struct(struct)
                is_list = child.endswith("List")
                # An attribute that holds objects: a block is never computed, and its mapper's last argument is true.
                if name in computed or (is_list and "true)(" not in value):
                    type = [collection, self._object(struct)] if is_list else self._object(struct)
                    attributes[name] = {"type": type, "required" if needed else "optional": True}
                    continue
                attributes.pop(name, None)
                mode = "single" if name == "timeouts" else collection if is_list else "list"
                blocks[name] = {
                    "nesting_mode": mode,
                    "min_items": int(needed),
                    "max_items": 0 if is_list or name == "timeouts" else 1,
                    "block": nested,
                }
            else:
                type = (
                    attributes.get(name, {}).get("type", "dynamic") if struct else _type(storage, collection)
                )
                attributes[name] = {"type": type, "required" if needed else "optional": True}
        return {"attributes": attributes, "block_types": blocks}

    def _child_type(self, type: str, from_set: bool) -> Any:
        struct = _struct_name(type)
        if not struct:
            return _GETTERS.get(type, "dynamic")
        if type.endswith("MapList"):
            return ["set" if from_set else "list", ["map", self._object(struct)]]
        if type.endswith("Map"):
            return ["map", self._object(struct)]
        if type.endswith("List"):
            return ["set" if from_set else "list", self._object(struct)]
        return self._object(struct)

    def _object(self, struct: str) -> Any:
        schema = self._struct(struct)
        fields = {name: each["type"] for name, each in schema["attributes"].items()}
        for name, each in schema["block_types"].items():
            fields[name] = [each["nesting_mode"], _object_of(each["block"])]
        return ["object", fields]


def _object_of(block: Schema) -> Any:
    fields = {name: each["type"] for name, each in block["attributes"].items()}
    for name, each in block["block_types"].items():
        fields[name] = [each["nesting_mode"], _object_of(each["block"])]
    return ["object", fields]


def _struct_name(type: str) -> str:
    """The struct that a class of the folder is about; empty for a class of the CDK itself."""
    found = re.fullmatch(r"(\w+?)(?:OutputReference|MapList|List|Map)", type)
    return found[1] if found and type not in {"StringMap", "NumberMap", "BooleanMap", "AnyMap"} else ""


def _type(storage: str, collection: str) -> Any:
    """The type of an argument from the two fields that describe it, such as ``stringList`` and ``set``."""
    match = re.fullmatch(r"(string|number|boolean|any)((?:List|Map)*)", storage)
    if not match:
        return "dynamic"
    type: Any = _SCALARS[match[1]]
    suffixes = re.findall("List|Map", match[2])
    for depth, suffix in enumerate(suffixes):
        outer = depth == len(suffixes) - 1
        kind = "map" if suffix == "Map" else collection if outer and collection == "set" else "list"
        type = [kind, type]
    return type

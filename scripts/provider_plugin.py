"""Start a Terraform provider, plan and validate with it: the part of plugin protocol 5 that the probes need.

It needs the packages grpcio, protobuf and msgpack, which ticketgen does not depend on. The field numbers are those of
https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/tfplugin5.proto; the handshake is that of
https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import grpc
import msgpack
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

__all__ = ["UNKNOWN", "Diagnosis", "Plan", "Provider", "started"]

UNKNOWN = object()
"""The planned value of an attribute that only the apply tells."""

# https://github.com/hashicorp/terraform/blob/main/internal/plugin/serve.go
_COOKIE = {"TF_PLUGIN_MAGIC_COOKIE": "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"}
_MAX_MESSAGE_BYTES = 256 << 20
_MAX_SECONDS = 30

# Messages by full name; a field is its number, its type, and a star if it is repeated.
_MESSAGES = {
    "DynamicValue": {"msgpack": "1 bytes"},
    "Step": {"attribute_name": "1 string", "element_key_string": "2 string", "element_key_int": "3 int64"},
    "AttributePath": {"steps": "1 Step*"},
    "Diagnostic": {
        "severity": "1 int64",
        "summary": "2 string",
        "detail": "3 string",
        "attribute": "4 AttributePath",
    },
    "Nothing": {},
    "ConfigureRequest": {"terraform_version": "1 string", "config": "2 DynamicValue"},
    "ConfigureResponse": {"diagnostics": "1 Diagnostic*"},
    "PlanRequest": {
        "type_name": "1 string",
        "prior_state": "2 DynamicValue",
        "proposed_new_state": "3 DynamicValue",
        "config": "4 DynamicValue",
    },
    "PlanResponse": {
        "planned_state": "1 DynamicValue",
        "requires_replace": "2 AttributePath*",
        "diagnostics": "4 Diagnostic*",
    },
    "ValidateRequest": {"type_name": "1 string", "config": "2 DynamicValue"},
    "ValidateResponse": {"diagnostics": "1 Diagnostic*"},
    "PrepareRequest": {"config": "1 DynamicValue"},
    "PrepareResponse": {"prepared_config": "1 DynamicValue", "diagnostics": "2 Diagnostic*"},
}

# Kind of block → the call that validates its configuration.
_VALIDATIONS = {
    "resource": ("ValidateResourceTypeConfig", "ValidateRequest", "ValidateResponse"),
    "data": ("ValidateDataSourceConfig", "ValidateRequest", "ValidateResponse"),
    "ephemeral": ("ValidateEphemeralResourceConfig", "ValidateRequest", "ValidateResponse"),
    "provider": ("PrepareProviderConfig", "PrepareRequest", "PrepareResponse"),
}


def _message_classes() -> dict[str, Any]:
    """Classes that read and write these messages on the wire, where only the numbers count."""
    file = descriptor_pb2.FileDescriptorProto(name="plan.proto", package="plan", syntax="proto3")
    kinds = descriptor_pb2.FieldDescriptorProto
    scalars = {"bytes": kinds.TYPE_BYTES, "string": kinds.TYPE_STRING, "int64": kinds.TYPE_INT64}
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, text in fields.items():
            number, type = text.removesuffix("*").split()
            added = message.field.add(name=field, number=int(number))
            added.label = kinds.LABEL_REPEATED if text.endswith("*") else kinds.LABEL_OPTIONAL
            added.type = scalars.get(type, kinds.TYPE_MESSAGE)
            if type not in scalars:
                added.type_name = f".plan.{type}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"plan.{name}"))
        for name in _MESSAGES
    }


@dataclass(frozen=True, slots=True)
class Plan:
    """What the provider plans.

    Attributes:
        replaces: the paths that force replacement, without indexes; empty if the plan is to update in place.
        planned: the state after the change, with `UNKNOWN` in it.
        errors: the provider's errors; the plan means nothing if there are any.
    """

    replaces: frozenset[str]
    planned: dict[str, Any]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """An error of a validation.

    Attributes:
        path: the argument, as names joined by dots, without indexes; "" if the provider names none.
        text: summary and detail.
    """

    path: str
    text: str


class Provider:
    """A configured provider that plans changes of resources; a plan that crashes it starts it again.

    Args:
        plugin: the provider's binary.
        config: its configuration, with all arguments.
        aws: the address of what answers for AWS.

    Raises:
        RuntimeError: the binary does not answer as a plugin of protocol 5, or refuses its configuration.
    """

    def __init__(self, plugin: Path, config: dict[str, Any], aws: str) -> None:
        self._classes = _message_classes()
        self._plugin = plugin
        self._config = config
        self._aws = aws
        self._start()

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = self._folder.name
        # No setting of the caller's may reach the provider, and none of its calls may leave the machine.
        environment = {
            **_COOKIE,
            "PATH": os.environ.get("PATH", ""),
            "HOME": folder,
            "TMPDIR": folder,
            "PLUGIN_PROTOCOL_VERSIONS": "5",
            "PLUGIN_UNIX_SOCKET_DIR": folder,
            "AWS_ENDPOINT_URL": self._aws,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "*",
        }
        self._process = subprocess.Popen(
            [self._plugin], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        # 1|5|unix|/path/of/socket|grpc|
        handshake = self._process.stdout.readline().strip().split("|")
        if len(handshake) < 5 or handshake[1:3] != ["5", "unix"] or handshake[4] != "grpc":
            raise RuntimeError(f"{self._plugin} is no plugin of protocol 5: {'|'.join(handshake)!r}")
        options = [("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES)]
        self._channel = grpc.insecure_channel(f"unix:{handshake[3]}", options=options)
        answer = self._call(
            "Configure", "ConfigureRequest", "ConfigureResponse",
            terraform_version="1.9.0", config=self._dynamic(self._config),
        )  # fmt: skip
        if errors := _errors(answer):
            raise RuntimeError("; ".join(errors))

    def stop(self) -> None:
        """End the provider's process."""
        self._channel.close()
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._folder.cleanup()

    def _call(self, method: str, request: str, response: str, **fields: Any) -> Any:
        call = self._channel.unary_unary(
            f"/tfplugin5.Provider/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=self._classes[response].FromString,
        )
        return call(self._classes[request](**fields), timeout=_MAX_SECONDS)

    def _dynamic(self, value: Any) -> Any:
        return self._classes["DynamicValue"](msgpack=msgpack.packb(value, unicode_errors="surrogateescape"))

    def validate(self, kind: str, type: str, config: dict[str, Any]) -> tuple[Diagnosis, ...]:
        """The errors in the configuration of a resource, data source or ephemeral resource, or of the provider.

        Raises:
            grpc.RpcError: the provider crashed, and has been started again.
        """
        method, request, response = _VALIDATIONS[kind]
        named = {} if kind == "provider" else {"type_name": type}
        try:
            answer = self._call(method, request, response, config=self._dynamic(config), **named)
        except grpc.RpcError:
            self.stop()
            self._start()
            raise
        return tuple(
            Diagnosis(
                ".".join(step.attribute_name for step in each.attribute.steps if step.attribute_name),
                f"{each.summary} {each.detail}".strip(),
            )
            for each in answer.diagnostics
            if each.severity == 1
        )

    def plan(
        self, type: str, prior: dict[str, Any] | None, proposed: dict[str, Any], config: dict[str, Any]
    ) -> Plan:
        """Plan the change of a resource from one state to another, or its creation."""
        try:
            answer = self._call(
                "PlanResourceChange", "PlanRequest", "PlanResponse",
                type_name=type, prior_state=self._dynamic(prior), proposed_new_state=self._dynamic(proposed),
                config=self._dynamic(config),
            )  # fmt: skip
        except grpc.RpcError as error:
            self.stop()
            self._start()
            return Plan(frozenset(), {}, (f"{error.code().name}: the provider crashed, or did not answer",))
        # The provider adds `id` to every replacement.
        paths = frozenset(
            ".".join(step.attribute_name for step in path.steps if step.attribute_name)
            for path in answer.requires_replace
        )
        errors = _errors(answer)
        return Plan(paths - {"id"}, {} if errors else _decoded(answer.planned_state.msgpack), errors)


def _decoded(state: bytes) -> Any:
    # Any extension type is a form of unknown: https://github.com/zclconf/go-cty/blob/main/cty/msgpack/unknown.go
    # Where the provider decodes Base64 that is none, strings are not UTF-8.
    return msgpack.unpackb(
        state, ext_hook=lambda code, data: UNKNOWN, strict_map_key=False, unicode_errors="surrogateescape"
    )


def _errors(answer: Any) -> tuple[str, ...]:
    return tuple(
        f"{diagnostic.summary} {diagnostic.detail}".strip()
        for diagnostic in answer.diagnostics
        if diagnostic.severity == 1
    )


class _Aws(BaseHTTPRequestHandler):
    """Answers for AWS: when it plans, the provider has definitions validated and asks for the limits of shards."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        known = self.headers.get("X-Amz-Target", "").endswith(
            (".ValidateStateMachineDefinition", ".DescribeLimits")
        )
        answer = b'{"diagnostics":[],"result":"OK","OpenShardCount":0,"ShardLimit":1000}' if known else b""
        self.send_response(200 if known else 400)  # the SDK does not repeat what is wrong
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing."""


@contextmanager
def started(plugin: Path, config: dict[str, Any]) -> Iterator[Provider]:
    """Start the provider's binary; it ends with the context."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Aws) as aws:
        Thread(target=aws.serve_forever, daemon=True).start()
        provider = Provider(plugin, config, f"http://127.0.0.1:{aws.server_port}")
        try:
            yield provider
        finally:
            provider.stop()
            aws.shutdown()

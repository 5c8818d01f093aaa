"""A small Redis client, because no Lambda runtime ships one.

It speaks RESP2 over TLS, and authenticates with an IAM token.

The token is a presigned URL that is created locally, so only Redis needs to be reachable. It is valid for 15 minutes,
and a connection for 12 hours; source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html.
A broken connection is retried once, because every command that we send may be repeated.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Sequence
from typing import Any

import boto3
from botocore.model import ServiceId
from botocore.signers import RequestSigner

__all__ = ["Redis", "RedisDown", "RedisError", "iam_token"]

TOKEN_SECONDS = 900
# Errors that a new connection fixes: the token has expired, or the node is no longer the primary.
_PASSING = ("NOAUTH", "WRONGPASS", "READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN")


class RedisError(Exception):
    """Redis refused a command; the text begins with its error code."""


class RedisDown(Exception):
    """Redis cannot be reached, or cannot serve requests now."""


def iam_token(user: str, replication_group: str, region: str) -> str:
    """The password for AUTH: the presigned URL of a `connect` request, without its scheme."""
    session = boto3.session.Session()._session
    signer = RequestSigner(
        ServiceId("elasticache"),
        region,
        "elasticache",
        "v4",
        session.get_credentials(),
        session.get_component("event_emitter"),
    )
    request = {
        "method": "GET",
        "url": f"https://{replication_group}/?Action=connect&User={user}",
        "body": {},
        "headers": {},
        "context": {},
    }
    url: str = signer.generate_presigned_url(
        request, operation_name="connect", expires_in=TOKEN_SECONDS, region_name=region
    )
    return url.removeprefix("https://")


class Redis:
    """One connection, opened on first use and again after it breaks.

    Args:
        host, port: the primary endpoint.
        user, replication_group, region: the identity that the token is for; without a user, there is no sign-in.
        tls: an SSL context, or False for a server without TLS. By default the certificate is checked.
        seconds: the time-out for connecting and for each answer.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        user: str = "",
        replication_group: str = "",
        region: str = "",
        tls: ssl.SSLContext | bool = True,
        seconds: float = 2.0,
    ) -> None:
        self._address = host, port
        self._identity = user, replication_group, region
        self._tls = ssl.create_default_context() if tls is True else tls
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._buffer = b""

    def call(self, *command: str | int) -> Any:
        """The answer to one command: bytes, int, None, or a list of them.

        Raises:
            RedisDown: no answer, not even at the second attempt.
            RedisError: Redis refused the command.
        """
        return self.calls([command])[0]

    def script(self, text: str, keys: Sequence[str], arguments: Sequence[str | int] = ()) -> Any:
        """Run a Lua script; its text is sent only if the server does not have it."""
        return self.scripts(text, keys, [arguments])[0]

    def scripts(self, text: str, keys: Sequence[str], each: Sequence[Sequence[str | int]]) -> list[Any]:
        """Run a Lua script several times in one pipeline, so that the server need not wait for the next run."""
        name = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        try:
            return self.calls([("EVALSHA", name, len(keys), *keys, *arguments) for arguments in each])
        except RedisError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
        return [self.call("EVAL", text, len(keys), *keys, *arguments) for arguments in each]

    def calls(self, commands: Sequence[Sequence[str | int]]) -> list[Any]:
        """The answers to several commands, sent in one pipeline.

        An error among them is raised at the end.
        """
        for attempt in (1, 2):
            try:
                if self._socket is None:
                    self._connect()
                return self._exchange(commands)
            except (OSError, RedisDown) as error:
                self.close()
                if attempt == 2:
                    raise RedisDown(f"{type(error).__name__}: {error}") from error
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close the connection; the next command opens a new one."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._buffer = None, b""

    def _connect(self) -> None:
        connection = socket.create_connection(self._address, timeout=self._seconds)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_hostname=self._address[0])
        except OSError:
            connection.close()
            raise
        self._socket = connection
        if self._identity[0]:
            self._exchange([("AUTH", self._identity[0], iam_token(*self._identity))])

    def _exchange(self, commands: Sequence[Sequence[str | int]]) -> list[Any]:
        assert self._socket is not None
        self._socket.sendall(b"".join(map(_encoded, commands)))
        answers = [self._answer() for _ in commands]
        for answer in answers:
            if isinstance(answer, RedisError):
                if str(answer).startswith(_PASSING):
                    raise RedisDown(str(answer))
                raise answer
        return answers

    def _answer(self) -> Any:
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b"-":
            return RedisError(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._bytes(int(rest))
        if kind == b"*":
            return None if rest == b"-1" else [self._answer() for _ in range(int(rest))]
        raise RedisDown(f"not RESP: {line[:40]!r}")

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            self._receive()
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        return line

    def _bytes(self, count: int) -> bytes:
        while len(self._buffer) < count + 2:
            self._receive()
        data, self._buffer = self._buffer[:count], self._buffer[count + 2 :]
        return data

    def _receive(self) -> None:
        assert self._socket is not None
        received = self._socket.recv(1 << 16)
        if not received:
            raise RedisDown("the connection was closed")
        self._buffer += received


def _encoded(command: Sequence[str | int]) -> bytes:
    parts = [str(part).encode() for part in command]
    return b"".join([b"*%d\r\n" % len(parts), *(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)])

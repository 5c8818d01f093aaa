"""Client of the emulator: starts its process, controls it and stops it."""

from __future__ import annotations

import http.client
import json
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3
from botocore.config import Config

from ticketgen.rehearsal.emulator.signatures import OPERATOR, Keys, signed_headers
from ticketgen.rehearsal.workspace import Workspace, module_command

__all__ = ["EmulatedAws"]


class EmulatedAws:
    """An emulated AWS on loopback for the duration of a `with` block.

    Attributes:
        address: host and port.
        keys: the credentials that it accepts.
        redis: whether seat maps use a real Valkey.
        workspace: the folder and the process group that end with it.
    """

    address: str
    keys: Keys
    redis: bool
    workspace: Workspace

    def __init__(self, log: Path | None = None) -> None:
        self._log = log

    def __enter__(self) -> EmulatedAws:
        with ExitStack() as opened:
            self.workspace = opened.enter_context(Workspace())
            self.keys = Keys.new()
            log = self._log or self.workspace.folder / "emulator.log"
            self.process = self.workspace.start(
                module_command("emulator", "--managed"),
                self.workspace.environment(),
                cwd=self.workspace.folder,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=opened.enter_context(log.open("wb")),
            )
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            opened.callback(self._stop)
            # Other users can read command lines, so the secret goes through the pipe.
            settings = {"secret": self.keys.secret, "folder": str(self.workspace.folder)}
            with suppress(BrokenPipeError):  # it has ended; the log has the reason
                self.process.stdin.write(json.dumps(settings).encode() + b"\n")
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(
                    f"the emulated AWS did not start; its log ends with:\n{log.read_text('utf-8')[-2000:]}"
                )
            ready = json.loads(line)
            self.address, self.redis = ready["address"], ready["redis"]
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _stop(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    @property
    def endpoint(self) -> str:
        """The value for `AWS_ENDPOINT_URL`."""
        return f"http://{self.address}"

    @property
    def variables(self) -> dict[str, str]:
        """The variables that lead Terraform and the SDKs to the emulator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": OPERATOR,
            "AWS_SECRET_ACCESS_KEY": self.keys.of(OPERATOR),
        }

    def client(self, service: str, region: str, caller: str = OPERATOR, **settings: Any) -> Any:
        """A client of a service in a Region, which uses no proxy.

        Args:
            service: boto3's name of the service.
            region: the Region.
            caller: the access key.
            settings: arguments of botocore's `Config`.
        """
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=caller,
            aws_secret_access_key=self.keys.of(caller),
            config=Config(proxies={}, **settings),
        )

    def control(self, action: str, **query: int | str) -> dict[str, Any]:
        """Send a control request and return its answer; `emulator.server` lists the actions."""
        status, answer = self.call("GET", f"{self.endpoint}/_rehearsal/{action}?{urlencode(query)}")
        if status != 200:
            raise RuntimeError(f"the emulated AWS answered {action} with {status}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def call(self, method: str, url: str) -> tuple[int, bytes]:
        """Send a signed request past all proxies; return the status and the body, or 0 if there is no answer."""
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            path = url.removeprefix(self.endpoint)
            connection.request(method, path, headers=signed_headers(self.keys, method, url))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

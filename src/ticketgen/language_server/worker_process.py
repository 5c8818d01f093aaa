"""A process that runs functions for the server, one after the other."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Final, TypeVar

__all__ = ["WorkerFailure", "WorkerProcess"]

_T = TypeVar("_T")
_MAX_ANSWER_S: Final = 120.0
"""How long a function may take; the checks themselves stop much earlier unless the machine is very busy."""


class WorkerFailure(Exception):
    """A function failed, or its process ended or took too long."""


class WorkerProcess:
    """A process that is started when it is needed, and again after it has ended.

    It is spawned, because HCL's own parser hangs in a forked process. It ends with the server: its connection breaks.
    """

    def __init__(self) -> None:
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()

    async def run(self, work: Callable[[], _T]) -> _T:
        """The result of a function, which both processes can import.

        Raises:
            WorkerFailure: there is none.
        """
        # The answer must be read even if nobody waits for it any more, or the next request would get it.
        return await asyncio.shield(asyncio.ensure_future(self._answer(work)))

    def stop(self) -> None:
        """End the process at once."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = self._connection = None

    async def _answer(self, work: Callable[[], _T]) -> _T:
        async with self._turn:
            connection = self._started()
            try:
                answer = await asyncio.get_running_loop().run_in_executor(None, _exchange, connection, work)
            except (OSError, EOFError) as error:
                self.stop()
                raise WorkerFailure(f"{type(error).__name__}: {error}") from error
        if isinstance(answer, WorkerFailure):
            raise answer
        result: _T = answer
        return result

    def _started(self) -> Connection:
        if self._process is not None and self._connection is not None and self._process.is_alive():
            return self._connection
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=_serve_requests, args=(other,))
        self._process.start()
        other.close()
        return self._connection


def _exchange(connection: Connection, work: Callable[[], Any]) -> Any:
    connection.send(work)
    if not connection.poll(_MAX_ANSWER_S):
        raise TimeoutError(f"no answer in {_MAX_ANSWER_S:.0f} s")
    return connection.recv()


def _serve_requests(connection: Connection) -> None:
    while True:
        try:
            work = connection.recv()
        except EOFError:
            return  # the server has ended
        try:
            answer = work()
        except Exception as error:
            answer = WorkerFailure(f"{type(error).__name__}: {error}")
        try:
            connection.send(answer)
        except OSError:
            return

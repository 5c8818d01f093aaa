"""A request that fails is reported in words, not as Python's representation of the error."""

from __future__ import annotations

import socket
from email.message import Message
from urllib.error import HTTPError, URLError

import pytest

from ticketgen.project.web import why_failed


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (URLError(socket.gaierror(-2, "Name or service not known")), "Name or service not known"),
        (URLError(ConnectionRefusedError(111, "Connection refused")), "Connection refused"),
        (URLError("unknown url type: foo"), "unknown url type: foo"),
        (HTTPError("https://a.example", 404, "Not Found", Message(), None), "the response is 404 Not Found"),
        (TimeoutError("timed out"), "timed out"),
        (TimeoutError(), "TimeoutError"),
        (ValueError("no host given"), "no host given"),
    ],
)
def test_the_reason_of_a_failed_request(error: Exception, reason: str) -> None:
    assert why_failed(error) == reason

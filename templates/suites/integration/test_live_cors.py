"""Pages of other origins on the applied stack: what a browser asks and reads."""

from __future__ import annotations

import demands
import pytest

from support.live import Show

pytestmark = pytest.mark.aws
each_origin = pytest.mark.parametrize("origin", demands.CORS_ORIGINS)


@each_origin
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/holds"), ("DELETE", "/holds/gala.0"), ("POST", "/tickets"), ("GET", "/events/gala/seats")],
)
def test_a_preflight_admits_a_page_of_the_spec(show: Show, origin: str, method: str, path: str) -> None:
    answer = show.ask_from_page("OPTIONS", path, origin, Access_Control_Request_Method=method)
    assert answer.status == 204, answer
    assert answer.headers["access-control-allow-origin"] == origin, answer
    assert answer.headers["access-control-allow-methods"] == method, answer
    assert "Idempotency-Key" in answer.headers["access-control-allow-headers"], answer


@each_origin
def test_a_page_of_the_spec_reads_answers_and_errors(show: Show, origin: str) -> None:
    for path in (f"/events/{show.event_id}/seats", "/nowhere"):
        if path != "/nowhere" and demands.AUTH == "cognito":
            continue  # the answer would be that of the authorizer
        answer = show.ask_from_page("GET", path, origin)
        assert answer.headers["access-control-allow-origin"] in (origin, "*"), answer
        assert "Retry-After" in answer.headers["access-control-expose-headers"], answer


@pytest.mark.skipif(demands.CORS_ORIGINS == ["*"], reason="the spec admits every page")
def test_a_live_preflight_admits_no_other_page(show: Show) -> None:
    answer = show.ask_from_page("OPTIONS", "/tickets", "https://evil.example.net")
    assert answer.headers["access-control-allow-origin"] not in ("https://evil.example.net", "*"), answer

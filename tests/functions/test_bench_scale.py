"""What `make bench-scale` prints is in the documentation, each figure beside its objective."""

from __future__ import annotations

import tomllib

from bench_scale import record
from scale_rows import COUNTS, ROWS, Measured, costs, hot_keys, opening, runs

from ticketgen.assets import document_text
from ticketgen.capacity.measured import measured_figures


def test_the_file_of_the_documentation_has_every_row_with_its_objective() -> None:
    assert {each["name"]: each["objective"] for each in measured_figures()["figures"]} == dict(ROWS), (
        "measure again: make bench-scale RECORD=src/ticketgen/capacity/measured.toml"
    )


def test_the_documentation_shows_the_file() -> None:
    page = document_text("sizing.md")
    for each in measured_figures()["figures"]:
        assert f"| {each['name']} | {each['measured']} | {each['objective']} |" in page


def test_a_record_is_read_as_it_was_written() -> None:
    figure = Measured("load of a seat map", "1.2 s", 'a "load" with 11 µs, C:\\')
    read = tomllib.loads(record([figure], "two shared cores"))
    assert read["machine"] == "two shared cores"
    (back,) = read["figures"]
    assert (back["name"], back["measured"], back["load"]) == (figure.name, figure.value, figure.load)


def test_the_rows_that_follow_from_formulas_are_what_the_file_says() -> None:
    recorded = {each["name"]: each for each in measured_figures()["figures"]}
    for figure in (*opening(), *costs()):
        assert recorded[figure.name]["measured"] == figure.value, "measure again, or correct the row"
        assert recorded[figure.name]["load"] == figure.load


def test_hot_keys_overload_a_partition_about_as_seldom_as_the_objective_says() -> None:
    (figure,) = hot_keys()
    assert float(figure.value.rstrip("%")) <= 1.5 * float(ROWS[figure.name].rstrip("%"))


def test_runs_have_the_measured_durations() -> None:
    """Events that are due in more runs than there are lanes wait for each other: a slow verification shows."""
    listing = dict.fromkeys(COUNTS, 1.0)
    quick, slow = ({each.name: each.value for each in runs(listing, full, full)} for full in (4.0, 20.0))
    assert quick["longest run with 1 event"] == quick["longest run with 20 events"] == "5.0 s"
    assert slow["longest run with 1 event"] == "21.0 s"
    assert float(slow["longest run with 20 events"].split()[0]) > 100

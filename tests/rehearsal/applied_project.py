"""A project whose prod is applied to an emulated AWS: its spec is changed by ticketgen, its stack by its Makefile."""

from __future__ import annotations

import json
import shutil
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from applied_stack import AppliedStack
from project_tools import run

from ticketgen.rehearsal.credentials import isolated_environment
from ticketgen.rehearsal.operator_scripts import OperatorScripts
from ticketgen.rehearsal.sale import Buyers, SaleEvent
from ticketgen.spec.load import load
from ticketgen.spec.resolve import resolve

__all__ = ["AppliedProject"]

SPEC = """\
version: 1
project: tap-marketplace
extends: flash-sale
regions: [{regions}]
environments:
  prod: {{ protect: false }}
"""

SELL_SECONDS = 5.0
"""How long one event is on sale; then comes the next."""


class AppliedProject:
    """A project around the folder of an applied stack, which is `stacks/prod` in it.

    Args:
        applied: the stack, not rendered yet.
        regions: prod's Regions; the first two are the hubs of every project with this preset.
    """

    def __init__(self, applied: AppliedStack, regions: Sequence[str]) -> None:
        self.applied = applied
        self.spec = applied.folder.parents[1] / "ticketgen.yaml"
        self.spec.write_text(SPEC.format(regions=", ".join(regions)), encoding="utf-8")
        self.ticketgen("render")
        self.initialize()

    def ticketgen(self, *arguments: str, exit_code: int = 0) -> str:
        """Run a command of ticketgen, and return what it prints."""
        done = run(*arguments, "--spec", str(self.spec))
        assert done.exit_code == exit_code, done.output
        return done.output

    def protect(self, protected: bool) -> None:
        """Set `protect`, and render."""
        before, after = (f"protect: {str(each).lower()}" for each in (not protected, protected))
        text = self.spec.read_text("utf-8")
        assert before in text
        self.spec.write_text(text.replace(before, after), encoding="utf-8")
        self.ticketgen("render")

    def initialize(self) -> None:
        """Initialize the root modules that the spec describes now."""
        document = load(self.spec).value
        assert document is not None
        project = resolve(document).value
        assert project is not None
        (environment,) = project.environments
        self.applied.initialize(environment)

    @contextmanager
    def selling(self, regions: Sequence[str]) -> Iterator[dict[str, Counter[str]]]:
        """Sell seats in these Regions all the time; yields the outcomes of the orders by Region."""
        deployment, aws = self.applied.deployment(), self.applied.aws
        # The scripts of now: the spec, and with it the list of Regions, may change meanwhile.
        folder = shutil.copytree(
            self.applied.folder / "ops", self.applied.folder.parents[1] / "operators-ops"
        )
        known = json.loads((folder / "stack.json").read_text("utf-8"))["regions"]
        variables = isolated_environment(self.applied.terraform.environment, aws.variables)
        scripts = OperatorScripts(folder, variables, aws.workspace, lost=set(known) - set(regions))
        apis = [api for api in deployment.apis() if api.region in regions]
        outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        ended = threading.Event()

        def sell() -> None:
            number = 0
            while not ended.is_set():
                number += 1
                show = SaleEvent(f"gala-{number}", regions[0], {"A": 500})
                scripts.put_on_sale(show)
                buyers = Buyers(apis, [show], aws.keys, rate=2.0, most_seats=4, seed=number)
                buyers.buy(SELL_SECONDS)
                for attempt in buyers.attempts:
                    outcomes[attempt.region][attempt.outcome] += 1

        seller = threading.Thread(target=sell, daemon=True)
        seller.start()
        try:
            yield outcomes
        finally:
            ended.set()
            seller.join()

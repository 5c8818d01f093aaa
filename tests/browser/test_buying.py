"""A browser buys from an applied stack: the rendered API, its functions and its seat map, on the emulated AWS."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from chromium import Chromium
from shop import Api, copied_page, lost, page_served
from signing_edge import signing_edge
from stacks import environment
from visitor import Visitor

from terraform_tool import Terraform
from ticketgen.progress import no_progress
from ticketgen.rehearsal.applied_stack import AppliedStack
from ticketgen.rehearsal.credentials import download_variables, isolated_environment
from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.rehearsal.operator_scripts import OperatorScripts
from ticketgen.rehearsal.root_modules import AppliedRoots

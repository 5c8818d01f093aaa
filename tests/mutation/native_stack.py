"""Render the stack whose native tests are measured: prod of the demo with a Region of each kind.

python tests/mutation/native_stack.py FOLDER
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "stack"))

from stacks import DEMO_REGIONS, environment, written

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    written(environment(regions=DEMO_REGIONS[:3], protect=True), folder)

"""Compare `ticketgen validate` with `terraform validate` on large directories, in one run.

    python scripts/bench_large_directory.py

The directories have 10,000 resources in 200 modules, half of that, and 4,000 files. Terraform validates the first one.
The exit code is 1 if an objective is missed: a fifth of Terraform's time, and twice the time for twice the resources,
with the slack of `bench_validate`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_validate import SLACK, TICKETGEN, Objective, Program, faster

PROVIDER = """terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}
"""


def queue(number: int) -> str:
    """A queue that refers to the one before it."""
    before = f"aws_sqs_queue.q{number - 1}.arn" if number else "local.prefix"
    return (
        f'resource "aws_sqs_queue" "q{number}" {{\n'
        f'  name                       = "${{local.prefix}}-{number}"\n'
        f"  visibility_timeout_seconds = {30 + number}\n"
        f'  tags = {{\n    Name = "{number}"\n    Prev = {before}\n  }}\n}}\n'
    )


def write_modules(folder: Path, modules: int, resources: int) -> None:
    """Write a root module with calls of that many modules, with that many resources each."""
    root = [PROVIDER]
    for number in range(modules):
        place = folder / f"modules/m{number:03}"
        place.mkdir(parents=True)
        variables = 'variable "name" {\n  type = string\n}\n\nlocals {\n  prefix = "x-${var.name}"\n}\n'
        output = 'output "arn" {\n  value = aws_sqs_queue.q0.arn\n}\n'
        text = "\n".join([variables, *map(queue, range(resources)), output])
        (place / "main.tf").write_text(text, encoding="utf-8")
        root.append(
            f'module "m{number:03}" {{\n  source = "./modules/m{number:03}"\n  name   = "n{number}"\n}}\n\n'
            f'output "arn{number}" {{\n  value = module.m{number:03}.arn\n}}\n'
        )
    (folder / "main.tf").write_text("\n".join(root), encoding="utf-8")


def write_files(folder: Path, files: int) -> None:
    """Write a root module of that many files, each with one resource."""
    folder.mkdir()
    locals_text = 'locals {\n  prefix = "x"\n}\n'
    (folder / "main.tf").write_text(f"{PROVIDER}\n{locals_text}", encoding="utf-8")
    for number in range(files):
        (folder / f"queue{number:04}.tf").write_text(queue(number), encoding="utf-8")


def main() -> None:
    """Measure, print the results, and exit with 1 if an objective is missed."""
    if not shutil.which("terraform"):
        sys.exit("terraform is not on the PATH: install it")
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        write_modules(work / "all", 200, 50)
        write_modules(work / "half", 100, 50)
        write_files(work / "files", 4000)
        init = ["terraform", f"-chdir={work / 'all'}", "init", "-backend=false", "-input=false"]
        done = subprocess.run(init, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"terraform init failed:\n{done.stderr}")
        off = {"TICKETGEN_NO_CACHE": "1"}
        options = ["--min-severity", "error", "--ignore", "suffix-declared"]

        def validate(name: str) -> Program:
            return Program(name, [*TICKETGEN, "validate", str(work / name), *options], off)

        programs = {name: validate(name) for name in ("all", "half", "files")}
        terraform = Program("terraform", ["terraform", f"-chdir={work / 'all'}", "validate"])
        for program in (*programs.values(), terraform, *programs.values()):
            program.run()
    print(f"{'':12}{'seconds':>9}{'processor':>11}{'MB':>7}")
    for program in (terraform, *programs.values()):
        print(f"{program.name:12}{program.time:9.2f}{program.processor_time:11.2f}{program.memory:7.0f}")
    growth = programs["all"].processor_time / programs["half"].processor_time
    objectives = [
        faster("10,000 resources, of terraform's time", programs["all"], terraform, 1 / 5),
        Objective("10,000 resources, of 5,000 resources' time", growth, 2, missed=growth > 2 * SLACK),
    ]
    print(*objectives, sep="\n")
    sys.exit(any(objective.missed for objective in objectives))


if __name__ == "__main__":
    main()

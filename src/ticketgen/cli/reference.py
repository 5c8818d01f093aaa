"""The page ``docs/cli.md``: made from the code, so that it cannot disagree with it.

python -m ticketgen.cli.reference > docs/cli.md
"""

from __future__ import annotations

import sys

from ticketgen.cli.config import KEYS, NAMES
from ticketgen.cli.environment import VARIABLES
from ticketgen.cli.exit_codes import MEANINGS
from ticketgen.cli.help import SECTIONS

__all__ = ["page"]

_TEXT = """# The command line

<!-- Made from the code by ticketgen.cli.reference: edit the tables there, not this page. -->

`ticketgen --help` lists the commands, `ticketgen render --help` explains one with examples, and `ticketgen help spec`
prints a page of this documentation. `ticketgen help` lists the topics.

{commands}

## Where you can stand

Every command that reads a spec takes the first of these:

1. the file that `--spec` names;
2. the file that the environment variable `TICKETGEN_SPEC` names;
3. `ticketgen.yaml` or `ticketgen.yml` in the current folder, or in the nearest folder above it that has one. Both in
   one folder are an error.

Stacks are rendered beside the spec, wherever you run the command. Paths in summaries, findings, differences and the
"Next" line are written as you see them from the current folder, so that you can click or paste them: from
`stacks/dev`, a finding in `stacks/dev/outputs.tf` is in `outputs.tf`, and one in the spec is in `../../ticketgen.yaml`.

`-C DIR` runs a command as if you stood in `DIR`: the search begins there, and so do all relative paths of the command
line. Printed paths stay relative to where you really stand. Several `-C` add up, as with git and make.

## Options of every command

They are accepted before and after the command.

| option | does |
|---|---|
| `-C DIR` | starts in this directory |
| `-q`, `--quiet` | prints errors and results only: no warnings, notes, summaries or progress |
| `-v`, `--verbose` | prints steps, times, and which files and caches are used, on standard error |
| `--color auto`, `always` or `never` | colours: by default on a terminal only |
| `--version`, `-h`, `--help` | print the version, or the help |

## Output

Results go to standard output; findings as text, progress and `--verbose` go to standard error. `render`, `validate`,
`size`, `show` and `schema` take `-o FILE` (`--output`): the file is replaced as a whole or not at all, and `-` is
standard output. Documents are UTF-8, whatever the terminal's encoding is.

In `--format github` and `--format sarif`, files are relative to `GITHUB_WORKSPACE` if that is set, because GitHub reads
them from the root of the repository on. `--relative-to DIR` of `ticketgen validate` sets the base for every format.

## Exit codes

The code follows from the kind of mistake, whichever command finds it. With several errors it is the highest code.

| code | name | when |
|---|---|---|
{codes}

`render --check` and `render --diff` write nothing, so they report hand edits as drift: exit code 1.

## Environment variables

| variable | meaning |
|---|---|
{variables}

## The configuration file

`{names}` sets what `ticketgen validate` reports. The nearest one counts, from the
current folder upwards; the command line wins over it.

```toml
[validate]
min-severity = "warning"
ignore = ["unused-declaration"]
```

| key of `[validate]` | takes |
|---|---|
{keys}

## Completion

`ticketgen --install-completion` completes commands and options in bash, zsh, fish and PowerShell, and the values that
depend on your project: the environments and Regions of the spec, rules, presets, templates, formats and help topics.
"""


def page() -> str:
    """The text of ``docs/cli.md``."""
    commands = []
    for title, entries in SECTIONS.items():
        rows = "\n".join(f"| `ticketgen {name}` | {entry.summary} |" for name, entry in entries.items())
        commands.append(f"| {title} | |\n|---|---|\n{rows}")
    return _TEXT.format(
        commands="\n\n".join(commands),
        codes="\n".join(f"| {code.value} | {name} | {when} |" for code, (name, when) in MEANINGS.items()),
        variables="\n".join(f"| `{name}` | {meaning} |" for name, meaning in VARIABLES.items()),
        keys="\n".join(f"| `{key}` | {takes} |" for key, takes in KEYS.items()),
        names="` or `".join(NAMES),
    )


if __name__ == "__main__":
    sys.stdout.write(page())

"""Run a command so that Linux refuses what it may not do: Landlock for files and TCP, seccomp for sockets.

    python confined_process.py RULES.json COMMAND ...

The rules name the paths that the command may read, and those that it may also write. Everything else fails with EACCES
or EPERM: reading another file, writing, creating a socket. The command cannot lift the rules, and neither can its
children.

Sources: https://docs.kernel.org/userspace-api/landlock.html and
https://docs.kernel.org/userspace-api/seccomp_filter.html. Numbers are those of x86-64 and, where they differ, arm64.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

__all__ = ["landlock_version", "main"]

LIBC = ctypes.CDLL(None, use_errno=True)

# https://github.com/torvalds/linux/blob/master/include/uapi/asm-generic/unistd.h; the same on x86-64.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
SET_NO_NEW_PRIVS, SET_SECCOMP, FILTER = 38, 22, 2

# include/uapi/linux/landlock.h: LANDLOCK_ACCESS_FS_*, in the order of their bits.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = (1 << bit for bit in range(4))
EVERYTHING = (1 << 13) - 1  # version 1: from EXECUTE to MAKE_SYM
REFER, TRUNCATE = 1 << 13, 1 << 14  # versions 2 and 3
READ = EXECUTE | READ_FILE | READ_DIR
FILE_ONLY = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
BIND_TCP, CONNECT_TCP = 1, 2  # version 4

SOCKET = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""AUDIT_ARCH and the number of socket(2)."""


def landlock_version() -> int:
    """The version of Landlock that the kernel has; 0 without it."""
    return max(0, int(LIBC.syscall(CREATE_RULESET, None, 0, 1)))


def checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def confine_files(readable: Iterable[str], writable: Iterable[str]) -> None:
    handled = EVERYTHING | REFER | TRUNCATE
    ruleset_attributes = struct.pack("QQ", handled, BIND_TCP | CONNECT_TCP)
    ruleset = checked(
        LIBC.syscall(CREATE_RULESET, ruleset_attributes, len(ruleset_attributes), 0),
        "landlock_create_ruleset",
    )
    for paths, access in ((readable, READ), (writable, handled)):
        for path in paths:
            try:
                place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            allowed = access if Path(path).is_dir() else access & FILE_ONLY
            rule = struct.pack("=Qi", allowed, place)
            checked(LIBC.syscall(ADD_RULE, ruleset, 1, rule, 0), f"landlock_add_rule {path}")
            os.close(place)
    checked(LIBC.syscall(RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")


def refuse_sockets() -> None:
    """Let socket(2) fail with EPERM; system calls of another architecture kill the process."""
    architecture, socket = SOCKET[platform.machine()]
    load, jump_if_equal, give = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
    program = [
        (load, 0, 0, 4),  # seccomp_data.arch
        (jump_if_equal, 1, 0, architecture),
        (give, 0, 0, 0x80000000),  # SECCOMP_RET_KILL_PROCESS
        (load, 0, 0, 0),  # seccomp_data.nr
        (jump_if_equal, 0, 1, socket),
        (give, 0, 0, 0x00050000 | errno.EPERM),  # SECCOMP_RET_ERRNO
        (give, 0, 0, 0x7FFF0000),  # SECCOMP_RET_ALLOW
    ]
    code = b"".join(struct.pack("HBBI", *each) for each in program)
    text = ctypes.create_string_buffer(code)
    filter_program = struct.pack("HxxxxxxP", len(program), ctypes.addressof(text))
    checked(LIBC.prctl(SET_SECCOMP, FILTER, filter_program, 0, 0), "seccomp")


def main(rules: Path, command: list[str]) -> None:
    """Confine this process, and become the command."""
    limits = json.loads(rules.read_text("utf-8"))
    checked(LIBC.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    confine_files(limits["read"], limits["write"])
    refuse_sockets()
    os.execv(command[0], command)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])

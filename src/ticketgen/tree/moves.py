"""Move files between two open folders, and keep a file that another process saves at the same time.

Linux and macOS exchange two names atomically, and rename without replacing. Where the file system cannot (NFS, some
FUSE and overlay file systems), the same result takes several steps: the target is renamed away, then the new file gets
its name unless another file took it meanwhile. The target is then missing for a moment, but never overwritten. Only on
a file system that also lacks hard links (FAT), a file that another process creates in the microseconds between a check
and a rename is replaced.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from functools import cache

__all__ = ["REPLACED_SUFFIX", "exchange", "rename_noreplace", "rename_with_flag"]

REPLACED_SUFFIX = ".out"
"""The suffix of a file that `exchange` has moved away and not yet renamed."""

_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP})
_NO_HARD_LINKS = _UNSUPPORTED | {errno.EPERM, errno.EMLINK}

# Linux: include/uapi/linux/fs.h. macOS: sys/stdio.h.
_EXCHANGE = 2  # RENAME_EXCHANGE and RENAME_SWAP
_NOREPLACE = 4 if sys.platform == "darwin" else 1  # RENAME_EXCL and RENAME_NOREPLACE


def exchange(stage: int, name: str, folder: int, target: str) -> None:
    """Exchange a staged file with the target, whatever kind of file that is.

    Raises:
        OSError: nothing was exchanged. If the process ends in the middle, the target's file may be in the stage under
            the name with ``REPLACED_SUFFIX``.
    """
    if rename_with_flag(stage, name, folder, target, _EXCHANGE):
        return
    out = name + REPLACED_SUFFIX
    os.rename(target, out, src_dir_fd=folder, dst_dir_fd=stage)
    try:
        rename_noreplace(stage, name, folder, target)
    except BaseException:
        rename_noreplace(stage, out, folder, target)
        raise
    os.rename(out, name, src_dir_fd=stage, dst_dir_fd=stage)


def rename_noreplace(source: int, name: str, folder: int, target: str) -> None:
    """Rename a file to a target that must not exist.

    Raises:
        FileExistsError: something is at the target.
        OSError: the file cannot be renamed.
    """
    if rename_with_flag(source, name, folder, target, _NOREPLACE):
        return
    try:
        os.link(name, target, src_dir_fd=source, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
    else:
        os.unlink(name, dir_fd=source)
        return
    try:
        os.stat(target, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(name, target, src_dir_fd=source, dst_dir_fd=folder)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)


def rename_with_flag(source: int, name: str, folder: int, target: str, flag: int) -> bool:
    """Rename with a flag; False if the system or the file system does not know it."""
    call = _renameat2()
    if call is None:
        return False
    sys.audit("ticketgen.rename", name, target, flag)
    if call(source, os.fsencode(name), folder, os.fsencode(target), flag) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), target)


@cache
def _renameat2() -> Callable[[int, bytes, int, bytes, int], int] | None:
    name = "renameatx_np" if sys.platform == "darwin" else "renameat2"
    try:
        call = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (AttributeError, OSError):  # musl before 1.2.6, for instance
        return None
    call.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    call.restype = ctypes.c_int
    found: Callable[[int, bytes, int, bytes, int], int] = call
    return found

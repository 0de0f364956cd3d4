"""Give up, for good, what a process that runs untrusted stubs has no need of.

Without packages and for an ordinary user, by `ctypes`: resource limits everywhere; on Linux no new privileges,
namespaces, Landlock and a list of permitted system calls (seccomp); on macOS its sandbox profile for pure computation.
What a kernel does not offer is left out, and `gem-sim doctor` says what is in force.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys
from collections.abc import Callable
from typing import Any, Final

try:
    import resource
except ImportError:  # no such thing on Windows
    resource = None  # type: ignore[assignment]

MEMORY_BYTES: Final = 1 << 30

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_CLONE_NEWNS, _CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWNET = 0x20000, 0x8000000, 0x10000000, 0x40000000
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446
_PROT_EXEC: Final = 4
# Machine → audit architecture, then the numbers of what a computing process calls: read, write, close, mmap, mprotect,
# munmap, brk, rt_sigaction, rt_sigprocmask, rt_sigreturn, mremap, madvise, sigaltstack, futex, sched_yield,
# restart_syscall, clock_gettime, getrandom, exit, exit_group. The two that can make memory executable come first.
_CALLS: Final[dict[str, tuple[int, tuple[int, ...]]]] = {
    "x86_64": (
        0xC000003E,
        (9, 10, 0, 1, 3, 11, 12, 13, 14, 15, 25, 28, 131, 202, 24, 219, 228, 318, 60, 231),
    ),
    "aarch64": (
        0xC00000B7,
        (222, 226, 63, 64, 57, 215, 214, 134, 135, 139, 216, 233, 132, 98, 124, 128, 113, 278, 93, 94),
    ),
}


def lock_down() -> dict[str, bool]:
    """Apply every measure there is; return name → whether it is in force. There is no way back."""
    return {name: _tried(measure) for name, measure in MEASURES}


def _tried(measure: Callable[[], bool]) -> bool:
    try:
        return measure()
    except (OSError, AttributeError, ValueError, ImportError):
        return False


def _limits() -> bool:
    """Bound memory; forbid files that grow, core dumps, further descriptors and further processes."""
    if resource is None:
        return False
    for name, most in (("RLIMIT_AS", MEMORY_BYTES), ("RLIMIT_CORE", 0), ("RLIMIT_FSIZE", 0), ("RLIMIT_NPROC", 0)):
        resource.setrlimit(getattr(resource, name), (most, most))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    return True


def _namespaces() -> bool:
    """Leave the host's network, mounts and users behind."""
    if sys.platform != "linux":
        return False
    kinds = _CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWNS
    return bool(_libc().unshare(kinds) == 0)


def _no_new_privileges() -> bool:
    if sys.platform != "linux":
        return False
    return bool(_libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)


def _landlock() -> bool:
    """Forbid every access to every file, by Landlock."""
    if sys.platform != "linux":
        return False
    libc = _libc()
    version = libc.syscall(_LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return False
    # One bit for each kind of access that a version knows: 13, 14 from version 2, 15 from 3, 16 from 5.
    kinds = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    attributes = ctypes.create_string_buffer(struct.pack("Q", (1 << kinds) - 1))
    rules = libc.syscall(_LANDLOCK_CREATE, attributes, 8, 0)
    return bool(rules >= 0 and libc.syscall(_LANDLOCK_RESTRICT, rules, 0) == 0)


def _system_calls() -> bool:
    """Permit the system calls of a process that computes, reads and writes what it has open; refuse all others."""
    known = _CALLS.get(platform.machine())
    if sys.platform != "linux" or known is None:
        return False
    code = b"".join(struct.pack("HBBI", *line) for line in _filter(*known))
    program = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(program))
    return bool(_libc().prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.c_char_p(header), 0, 0) == 0)


def _filter(architecture: int, calls: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """Return the filter as lines (code, jump if true, jump if false, value) of classic BPF."""
    load, equal, any_of, answer = 0x20, 0x15, 0x45, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050001, 0x80000000
    lines = [(load, 0, 0, 4), (equal, 1, 0, architecture), (answer, 0, 0, kill), (load, 0, 0, 0)]
    for number in calls[2:]:
        lines += [(equal, 0, 1, number), (answer, 0, 0, allow)]
    for number in calls[:2]:
        # Fall through unless it is this call; then look at the third argument, the protection.
        lines += [(equal, 0, 4, number), (load, 0, 0, 32), (any_of, 1, 0, _PROT_EXEC)]
        lines += [(answer, 0, 0, allow), (answer, 0, 0, refuse)]
    return [*lines, (answer, 0, 0, refuse)]


def _macos_profile() -> bool:
    """Forbid all but computing, by the profile that macOS has for it."""
    if sys.platform != "darwin":
        return False
    error = ctypes.c_char_p()
    return bool(_libc().sandbox_init(b"pure-computation", ctypes.c_uint64(1), ctypes.byref(error)) == 0)


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


# In this order: a measure must not forbid what a later one calls.
MEASURES: Final[tuple[tuple[str, Callable[[], bool]], ...]] = (
    ("no new privileges", _no_new_privileges),
    ("namespaces", _namespaces),
    ("landlock", _landlock),
    ("resource limits", _limits),
    ("system call filter", _system_calls),
    ("macos profile", _macos_profile),
)

"""What one interpreter says of itself, as JSON in the file named by the first argument.

Runs in the target and nowhere else. Standard library alone; it parses on any Python from 2.7 on, so
that an old target gets a verdict and not a SyntaxError: hence types in comments. Prints nothing:
whatever stands on the standard streams afterwards was printed by the interpreter's own start-up.
"""

import sys

TYPE_CHECKING = False
"""As `typing` has it; that module is not imported, since it is new and slow to load."""


def _leave_own_folder():
    # type: () -> None
    """Takes this script's folder off sys.path by name: a check must never shadow a module."""
    own = __file__.replace("\\", "/").rpartition("/")[0]
    sys.path[:] = [p for p in sys.path if p.replace("\\", "/").rstrip("/") != own]


_leave_own_folder()
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Sequence  # noqa: F401 (used in comments)
OLDEST = (3, 8)


def _pip_version(folders):
    # type: (Sequence[str]) -> Optional[str]
    """From the names of metadata folders: importing pip would cost more than everything here."""
    import os

    for folder in folders:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            if name.startswith("pip-") and name.endswith((".dist-info", ".egg-info")):
                return name[len("pip-") :].rsplit(".", 1)[0]
    return None


def _site_facts():
    # type: () -> Dict[str, Any]
    import os
    import site

    packages = list(getattr(site, "getsitepackages", list)())
    enabled = getattr(site, "ENABLE_USER_SITE", None)
    try:
        user = site.getusersitepackages()
    except Exception:  # no home folder, or a platform without user sites
        user = None
    if enabled and user and user in sys.path and user not in packages:
        packages.append(user)
    return {
        "user_site_enabled": bool(enabled) if enabled is not None else False,
        "user_site": user,
        "site_packages": [p for p in packages if os.path.isdir(p)],
    }


def _as_root():
    # type: () -> Optional[bool]
    import os

    return os.geteuid() == 0 if hasattr(os, "geteuid") else None


def _open_folders(folders):
    # type: (Sequence[str]) -> List[str]
    """Those that everybody may write; a sticky bit keeps others from replacing what is there."""
    import os

    found = []
    for folder in folders:
        try:
            mode = os.stat(folder).st_mode
        except OSError:
            continue
        if os.name == "posix" and mode & 0o002 and not mode & 0o1000 and folder not in found:
            found.append(folder)
    return found


def _abi_tag(free_threaded):
    # type: (bool) -> Optional[str]
    import sysconfig

    if sys.implementation.name != "cpython":
        tag = sysconfig.get_config_var("SOABI")
        return str(tag) if tag else None
    return "cp%d%d%s" % (sys.version_info[0], sys.version_info[1], "t" if free_threaded else "")


def _has_ssl():
    # type: () -> bool
    try:
        import _ssl  # noqa: F401
    except ImportError:
        return False
    return True


def _has_headers():
    # type: () -> bool
    import os
    import sysconfig

    folders = [sysconfig.get_path(name) for name in ("include", "platinclude")]
    return any(f and os.path.isfile(os.path.join(f, "Python.h")) for f in folders)


def _machine():
    # type: () -> str
    import os
    import sysconfig

    if hasattr(os, "uname"):
        return os.uname().machine
    return sysconfig.get_platform().rpartition("-")[2]


def facts():
    # type: () -> Dict[str, Any]
    """Everything asked for; raises only where the interpreter itself is broken."""
    import os
    import sysconfig

    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    stdlib = sysconfig.get_path("stdlib") or ""
    answer = {
        "executable": sys.executable,
        "version": "%d.%d.%d" % sys.version_info[:3]
        + (
            ""
            if sys.version_info[3] == "final"
            else "%s%d" % (sys.version_info[3][0], sys.version_info[4])
        ),
        "implementation": sys.implementation.name,
        "abi_tag": _abi_tag(free_threaded),
        "abiflags": getattr(sys, "abiflags", ""),
        "free_threaded": free_threaded,
        "platform": sysconfig.get_platform(),
        "machine": _machine(),
        "pointer_bits": 64 if sys.maxsize > 2**32 else 32,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "exec_prefix": sys.exec_prefix,
        "externally_managed": os.path.isfile(os.path.join(stdlib, "EXTERNALLY-MANAGED")),
        "sys_path": list(sys.path),
        "as_root": _as_root(),
        "open_folders": _open_folders(
            [sys.prefix, os.path.dirname(sys.executable)] + [p for p in sys.path if p]
        ),
        "has_ssl": _has_ssl(),
        "has_headers": _has_headers(),
        "pip_version": _pip_version(sys.path),
        "conda_prefix": sys.prefix
        if os.path.isdir(os.path.join(sys.prefix, "conda-meta"))
        else None,
    }
    answer.update(_site_facts())
    return answer


def main(path):
    # type: (str) -> None
    if sys.version_info < OLDEST:
        answer = {"too_old": "%d.%d" % sys.version_info[:2]}
    else:
        answer = facts()
    import json

    with open(path + ".part", "w") as file:
        json.dump(answer, file)
    import os

    os.rename(path + ".part", path)


if __name__ == "__main__":
    main(sys.argv[1])

"""Everything from a fresh clone on: a home for the tool, then its main job, or its tests.

    python3 start.py [OPTION]...    installs envsetup into .venv-tool, then runs `envsetup setup OPTION...`
    python3 start.py --test [ARG]...   installs what the tests need, makes .venv-test with
                                       `envsetup setup` itself, then runs `pytest ARG...`
    python3 start.py --no-lock ...     either of them with whatever versions the index offers

What is installed has the versions and hashes of requirements/tool.txt or requirements/test.txt, the
build backend too. --no-lock, or the variable ENVSETUP_NO_LOCK=1, goes by the bounds of pyproject.toml
instead: for an index that lacks these versions, or builds its own files.

Standard library alone, and no syntax newer than Python 3.6, so that an old Python gets a sentence
rather than a SyntaxError. The tool lives in an environment of its own because Debian and others
refuse a bare `pip install`, and because torch belongs to the environment under examination.
"""

import os
import subprocess
import sys
from typing import Dict, List, Optional

OLDEST = (3, 10)
ROOT = os.path.dirname(os.path.abspath(__file__))
TOOL_HOME = os.path.join(ROOT, ".venv-tool")
TEST_TARGET = os.path.join(ROOT, ".venv-test")
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
SUFFIX = ".exe" if os.name == "nt" else ""


class CannotStart(Exception):
    """What is wrong, what was seen, what to do."""


def program(home: str, name: str) -> str:
    """Path of a program in a virtual environment."""
    return os.path.join(home, SCRIPTS, name + SUFFIX)


def say(text: str) -> None:
    sys.stderr.write("start: " + text + "\n")
    sys.stderr.flush()


def call(argv: List[str], env: Optional[Dict[str, str]] = None, quiet: bool = False) -> int:
    """Exit code of a program that reads no input."""
    output = subprocess.DEVNULL if quiet else None
    return subprocess.call(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env)


def demand_python() -> None:
    if sys.version_info < OLDEST:
        raise CannotStart(
            "this Python is too old: {} is {}.{}, and envsetup needs {}.{} or newer. "
            "Run start.py with a newer one, such as `python3.12 start.py`.".format(
                sys.executable, sys.version_info[0], sys.version_info[1], OLDEST[0], OLDEST[1]
            )
        )


def works(home: str) -> bool:
    """Whether a virtual environment there starts and holds pip (one whose Python was removed doesn't)."""
    python = program(home, "python")
    return os.path.exists(python) and call([python, "-m", "pip", "--version"], quiet=True) == 0


def make_home(home: str) -> List[str]:
    """A working virtual environment at `home`; gives the words that run pip on it."""
    python = program(home, "python")
    if works(home):
        return [python, "-m", "pip"]
    say("making a virtual environment for the tool in " + home)
    if call([sys.executable, "-m", "venv", "--clear", home], quiet=True) == 0 and works(home):
        return [python, "-m", "pip"]
    # Debian packages ensurepip apart from Python; pip from 22.3 on can install into an environment
    # that has none.
    outside = [sys.executable, "-m", "pip", "--python", python]
    bare = [sys.executable, "-m", "venv", "--clear", "--without-pip", home]
    if call(bare, quiet=True) == 0 and call([*outside, "--version"], quiet=True) == 0:
        return outside
    raise CannotStart(explain_no_home(home))


def explain_no_home(home: str) -> str:
    """Why no virtual environment could be made, from what can be seen now."""
    version = "{}.{}".format(sys.version_info[0], sys.version_info[1])
    try:
        import ensurepip  # noqa: F401 - is it there?
        import venv  # noqa: F401
    except ImportError as error:
        return (
            "can't make a virtual environment: this Python ({}) lacks the module {}. Debian and "
            "Ubuntu package it apart: `sudo apt install python{}-venv`, then run this again.".format(
                sys.executable, error.name, version
            )
        )
    return (
        "can't make a virtual environment in {}. `{} -m venv {}` shows why; most often the disk is "
        "full or the folder can't be written.".format(home, sys.executable, home)
    )


def install_tool(locked: bool, extra: str = "") -> None:
    """Installs this clone, as links to it, so that what runs is what stands here."""
    install = [*make_home(TOOL_HOME), "install", "--quiet", "--no-input"]
    say("installing envsetup" + (" and what its tests need" if extra else ""))
    if locked:
        lock = os.path.join(ROOT, "requirements", (extra or "tool") + ".txt")
        failed = call([*install, "--require-hashes", "--requirement", lock])
        # The build backend has just been installed with the rest: nothing is fetched to build.
        own = ["--no-deps", "--no-build-isolation", "--editable", ROOT]
        failed = failed or call([*install, *own])
    else:
        failed = call([*install, "--editable", ROOT + ("[" + extra + "]" if extra else "")])
    if failed:
        raise CannotStart(explain_no_install(locked))


def explain_no_install(locked: bool) -> str:
    said = (
        "pip could not install the tool; its own words stand above. Behind a proxy or without a "
        "network, point pip at a mirror (`pip config set global.index-url ADDRESS`) and run "
        "this again."
    )
    if locked:
        said += (
            " Where the index lacks these versions or builds its own files (pip speaks of hashes), "
            "`start.py --no-lock` takes what it offers."
        )
    return said


def run_setup(locked: bool, options: List[str]) -> int:
    """The main job, in the folder that the user stands in."""
    install_tool(locked)
    return call([program(TOOL_HOME, "envsetup"), "setup", *options])


def run_tests(locked: bool, arguments: List[str]) -> int:
    """The tests, on a CPU build of torch that `envsetup setup` installed: gigabytes of CUDA are no test."""
    install_tool(locked, "test")
    setup = [
        program(TOOL_HOME, "envsetup"),
        "setup",
        TEST_TARGET,
        "--backend",
        "cpu",
        "--allow-cpu",
    ]
    report = os.path.join(TEST_TARGET, "envsetup-report.json")
    # --exit-zero: beside a GPU a CPU build is rightly a finding, and tests/test_main_job.py judges.
    made = call([*setup, "--with", "numpy", "--exit-zero", "-o", report])
    if made:
        say("`envsetup setup` ended with exit code {}: the main job itself fails here".format(made))
        return made
    env = dict(os.environ, ENVSETUP_TEST_TARGET=program(TEST_TARGET, "python"))
    return call([program(TOOL_HOME, "python"), "-m", "pytest", *arguments], env)


def main(arguments: List[str]) -> int:
    try:
        demand_python()
        if arguments[:1] in (["-h"], ["--help"]):
            print(__doc__)
            return 0
        locked = os.environ.get("ENVSETUP_NO_LOCK", "") in ("", "0")
        if arguments[:1] == ["--no-lock"]:
            locked, arguments = False, arguments[1:]
        if arguments[:1] == ["--test"]:
            os.chdir(ROOT)
            return run_tests(locked, arguments[1:])
        return run_setup(locked, arguments)
    except CannotStart as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted; run it again to go on")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

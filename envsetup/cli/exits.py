"""Exit codes, and the one place where errors become them."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import traceback
from enum import IntEnum

import click


class Exit(IntEnum):
    OK = 0
    FINDINGS = 1
    USAGE = 2
    TOOL_FAILED = 3
    TARGET_UNUSABLE = 4
    INTERRUPTED = 130


class Failure(click.ClickException):
    """An end that the user must hear about: what is wrong, what was seen, what to do."""

    def __init__(self, message: str, exit_code: Exit) -> None:
        super().__init__(message)
        self.exit_code = int(exit_code)  # type: ignore[misc] # click reads it from the instance


def run(root: click.Group) -> int:
    """Runs the group and gives its exit code; a bug of ours is 3, with how to report it."""
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        result = root.main(standalone_mode=False)
        return int(result) if isinstance(result, int) else int(Exit.OK)
    except click.exceptions.Exit as end:
        return end.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return int(Exit.INTERRUPTED)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is wrong, and nothing may be flushed any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.OK)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS):
            raise
        click.echo(f"Error: the answer can't be written: {error.strerror}. Make room.", err=True)
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.TOOL_FAILED)
    except Exception:
        traceback.print_exc()
        click.echo(
            "envsetup itself failed; this is a bug. Please report the lines above.", err=True
        )
        return int(Exit.TOOL_FAILED)

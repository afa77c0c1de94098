"""The pictures of the docs, made anew from the texts checked in beside them.

    python docs/screenshots.py write        docs/pictures/*.svg, the terminal
    python docs/screenshots.py check        exit 1 where a picture shows other words than the program
    python docs/screenshots.py html DIR     the same reports as HTML, in a browser, at two widths

Each docs/pictures/NAME.txt is a made-up text of `python -m torch.utils.collect_env`; the pictures
show what `envsetup doctor --from` really says to it. The last form needs the extra `test`.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PICTURES = Path(__file__).resolve().parent / "pictures"
COLUMNS = 80  # what the program takes where its output is no terminal
WIDTHS = {"phone": 390, "desktop": 1280}
FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
CELL = re.compile(r"<text class=\"name-r\d+\"[^>]*>(.*?)</text>")

BIN = os.path.dirname(sys.executable)


def doctor(text: Path, *options: str) -> str:
    """What the program says to it. Raises RuntimeError where that is neither 0 nor 1."""
    command = [os.path.join(BIN, "envsetup"), "doctor", "--from", str(text), *options]
    done = subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        # On PATH, as a user has it: else each command that it prints would name this interpreter.
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "PATH": f"{BIN}{os.pathsep}{os.defpath}"},
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def drawn(text: Path) -> str:
    """A terminal as SVG. Fonts are the reader's own: nothing is fetched from elsewhere."""
    from rich.console import Console
    from rich.text import Text

    with open(os.devnull, "w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        console.print(Text(f"$ envsetup doctor --from {text.name}", style="bold"))
        console.print(Text.from_ansi(doctor(text, "--color", "always")))
        picture = console.export_svg(title="envsetup", unique_id="name")
    return FONT.sub("", picture).replace("Fira Code, monospace", "monospace")


def words(picture: str) -> list[str]:
    return html.unescape(" ".join(CELL.findall(picture))).replace("\xa0", " ").split()


def texts() -> list[Path]:
    return sorted(PICTURES.glob("*.txt"))


def write() -> int:
    for text in texts():
        text.with_suffix(".svg").write_text(drawn(text), "utf-8")
    return 0


def check() -> int:
    """Words only: where they stand to the pixel is a matter of rich's release."""
    stale = [text.stem for text in texts() if words(read(text)) != words(drawn(text))]
    if stale:
        print(f"{', '.join(stale)}: run `python docs/screenshots.py write`", file=sys.stderr)
    return 1 if stale else 0


def read(text: Path) -> str:
    picture = text.with_suffix(".svg")
    return picture.read_text("utf-8") if picture.exists() else ""


def photograph(folder: Path) -> int:
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"))
        for text in texts():
            for name, width in WIDTHS.items():
                page = browser.new_page(viewport={"width": width, "height": 900})
                page.set_content(doctor(text, "--format", "html"))
                page.screenshot(path=folder / f"{text.stem}-{name}.png", full_page=True)
        browser.close()
    return 0


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write"]:
            sys.exit(write())
        case ["check"]:
            sys.exit(check())
        case ["html", folder]:
            sys.exit(photograph(Path(folder)))
        case _:
            sys.exit(__doc__)

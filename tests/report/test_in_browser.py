"""The HTML report in a real browser: quiet console, no network, accessible, hostile text stays text.

Needs a Chromium on PATH, which `tests/debian-packages` installs; skipped without.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from envsetup.model import Report
from envsetup.report import render
from envsetup.report.changes import render as render_diff
from envsetup.report.diff import compare
from tests.report.conftest import HOSTILE, made_up

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(
    (
        found
        for n in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(n))
    ),
    None,
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")

WIDTHS = {"phone": (390, 844), "screen": (1280, 900)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(params=["harmless", "hostile"])
def report(request: pytest.FixtureRequest) -> Report:
    return made_up(HOSTILE if request.param == "hostile" else "harmless")


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=list(WIDTHS))
def page(
    browser: Browser, report: Report, tmp_path: Path, request: pytest.FixtureRequest, scheme: str
) -> Iterator[tuple[Page, list[str]]]:
    """The report, opened from a file, and whatever the console said or the network was asked for."""
    file = tmp_path / "report.html"
    file.write_text(render(report, "html"), encoding="utf-8")
    width, height = WIDTHS[request.param]
    shown = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type] # light or dark
    )
    heard: list[str] = []
    shown.on("console", lambda message: heard.append(f"console: {message.text}"))
    shown.on("pageerror", lambda error: heard.append(f"error: {error}"))
    shown.on("dialog", lambda dialog: heard.append("dialog"))
    shown.on("dialog", lambda dialog: dialog.dismiss())
    shown.on(
        "request",
        lambda asked: heard.append(f"request: {asked.url}") if asked.url != file.as_uri() else None,
    )
    shown.goto(file.as_uri())
    yield shown, heard
    shown.close()


def test_nothing_is_complained_of_fetched_or_run(page: tuple[Page, list[str]]) -> None:
    shown, heard = page
    shown.wait_for_timeout(100)

    assert heard == []


def test_the_page_is_accessible(page: tuple[Page, list[str]]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    shown, _ = page
    shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    answer = Axe().run(shown).response
    assert "color-contrast" in {one["id"] for one in (*answer["passes"], *answer["violations"])}
    found = answer["violations"]

    told = [
        f"{one['id']}: {n['html'][:200]} {n['failureSummary']}"
        for one in found
        for n in one["nodes"]
    ]
    assert not told, "\n".join(told)


def test_nothing_is_wider_than_the_window(page: tuple[Page, list[str]]) -> None:
    shown, _ = page

    wide = shown.evaluate("document.documentElement.scrollWidth - window.innerWidth")

    assert wide <= 0


def test_no_text_is_squeezed_into_a_column_of_letters(page: tuple[Page, list[str]]) -> None:
    shown, _ = page
    shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    narrow = shown.evaluate(
        "[...document.querySelectorAll('.row > span')].filter(one => one.textContent.trim() &&"
        " one.clientHeight > 3 * 24 && one.clientWidth < 60).map(one => one.textContent)"
    )

    assert narrow == []


def test_every_control_is_reached_by_the_keyboard(page: tuple[Page, list[str]]) -> None:
    shown, _ = page
    controls = shown.evaluate(
        "[...document.querySelectorAll('a[href],button,summary')]"
        ".filter(one => one.checkVisibility()).length"
    )

    reached = set()
    for _step in range(controls + 5):
        shown.keyboard.press("Tab")
        reached.add(
            shown.evaluate(
                "(e => [...document.querySelectorAll('a[href],button,summary')].indexOf(e))"
                "(document.activeElement)"
            )
        )

    assert len(reached - {-1}) == controls


def test_what_changed_is_shown_as_quietly(browser: Browser, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    file = tmp_path / "changes.html"
    changes = compare(made_up(), replace(made_up(HOSTILE), findings=()))
    file.write_text(render_diff(changes, "html"), encoding="utf-8")
    shown = browser.new_page(viewport={"width": 390, "height": 844})
    heard: list[str] = []
    shown.on("console", lambda message: heard.append(message.text))
    shown.goto(file.as_uri())

    assert heard == []
    assert Axe().run(shown).response["violations"] == []
    assert shown.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    shown.close()


def test_a_copy_button_gives_the_command(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render(made_up(), "html"), encoding="utf-8")
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    shown = context.new_page()
    shown.goto(file.as_uri())
    button = shown.locator("button").first

    button.click()

    copied = shown.evaluate("navigator.clipboard.readText()")
    assert copied
    assert copied in shown.content().replace("&#39;", "'").replace("&quot;", '"')
    context.close()


def test_a_finding_leads_to_its_page(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render(made_up(), "html"), encoding="utf-8")
    shown = browser.new_page()
    shown.goto(file.as_uri())
    page = shown.locator("#page-WH101")
    assert not page.is_visible()

    shown.get_by_role("link", name="WH101 cpu-build-on-gpu-machine").click()

    page.wait_for(state="visible", timeout=5000)
    assert shown.url.endswith("#page-WH101")
    shown.goto("about:blank")
    shown.goto(f"{file.as_uri()}#page-AR101")
    assert shown.locator("#page-AR101").is_visible()
    shown.close()

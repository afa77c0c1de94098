"""The pages of the findings that a report names, as HTML within the report: read where nothing is online."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from envsetup.model import Finding

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

HEADING = 3
"""The level that a page's first heading takes in the report."""
SAFE_LINK = {"rel": "noopener noreferrer"}


class Page(NamedTuple):
    code: str
    title: str
    html: str


def pages(findings: Iterable[Finding]) -> list[Page]:
    """Each code's page once, in the order of the findings; a code that no rule has, has none."""
    from envsetup.rules.registry import all_rules

    rules = {r.code: r for r in all_rules()}
    named = [rules[code] for code in dict.fromkeys(f.code for f in findings) if code in rules]
    markdown = reader()
    return [Page(r.code, r.title, as_html(r.page, markdown)) for r in named]


def reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False})


def as_html(page: str, markdown: MarkdownIt) -> str:
    """The page, its headings below those of the report, HTML in it shown as text."""
    tokens = markdown.parse(page)
    for one in _all(tokens):
        if one.type in ("heading_open", "heading_close"):
            one.tag = f"h{min(6, int(one.tag[1]) - 2 + HEADING)}"
        elif one.type == "link_open":
            one.attrs.update(SAFE_LINK)
    return str(markdown.renderer.render(tokens, markdown.options, {}))


def _all(tokens: Iterable[Token]) -> Iterator[Token]:
    for one in tokens:
        yield one
        yield from _all(one.children or ())

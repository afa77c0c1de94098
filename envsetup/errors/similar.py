"""Rules whose pages speak of what a text speaks of: a guess, for where no symptom is recognised.

The pages and symptoms are ranked as a search engine ranks documents, by Okapi BM25 (Robertson and
Zaragoza, "The Probabilistic Relevance Framework", 2009): words that few pages have count most.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from envsetup.rules import Rule
from envsetup.rules.page import sections
from envsetup.rules.registry import all_rules

SHORT = 1200
"""Characters that are taken as one message; of a longer text each line that tells of a failure is."""
_LAST_LINES = 40
"""Lines of a longer text that are looked at: the failure stands at its end."""
_LINE = 600
"""Characters of a line that are looked at."""
_LEAST = 13.0
"""BM25 of the best page, below which a word or two are shared by chance."""
_LEAST_SHARE = 2.0
"""The same in proportion to the root of what all words of the message weigh."""
_NEAR = 0.55
"""Part of the best page's BM25 that another one needs to be named too."""
_MOST = 3
_SATURATION, _LENGTH = 1.2, 0.5
"""k1 and b of BM25."""
_UNHEARD = 6.0
"""Weight of a word that is on no page: what it tells is not told by any rule."""
_NAMED_TWICE = 2
"""How often the title counts beside the page."""

_TOLD_IN = ("What it means", "How it looks", "Why it happens")
_FAILS = re.compile(
    r"error|exception|fail|fatal|cannot|can't|could ?n|unable|not (?:found|supported|available)"
    r"|denied|refused|killed|abort|invalid|missing|mismatch|unsupported",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]+(?:[_.+-]?[a-z0-9]+)*\+*|(?<!\d)\d+(?:\.\d+)+")
_PART = re.compile(r"[a-z]{2,}|\d{2,}")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_NOT_LITERAL = re.compile(r"\\.|\{[\d,]*\}|\(\?[:=!<]*|[^A-Za-z0-9_. ]")
_TOO_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
    a after all also an and any are as at attribute attributes available batch be because been
    before being below both but by call called can cannot cause caused causes code command could
    debug device devices did do does during error errors exception exceptions exit exitcode
    exited expected fail failed fails false file first following for found from full get given
    got had happen happened happens has have help here how if import in index info input inputs
    installed into is issue it its job key last least like line list may message might module
    more most name names new no none not number object of on one only or other out please
    problem process python raise range recent return run running runs same self set shape shapes
    should signal size sizes some status still subprocess such target tensor tensors than that
    the them then there these they this those to traceback tried true try trying two type types
    use used user uses using value values warning was were what when where which while why will
    with work world would you your
    """,
    )
)
"""Words of any program's messages, whatever went wrong."""


class Similar(NamedTuple):
    """How much a rule's page shares with a message."""

    rule: Rule
    score: float
    words: str
    """The words of the message that the page has too."""


def similar(text: str) -> tuple[Similar, ...]:
    """The rules whose pages are most like the text, best first; none where none is like it."""
    found = (_of_message(message) for message in _messages(text))
    return max(found, key=lambda ones: ones[0].score if ones else 0.0, default=())


def _messages(text: str) -> Iterator[str]:
    if len(text) <= SHORT:
        yield text
        return
    lines = [line for line in text.splitlines() if _FAILS.search(line[:_LINE])]
    yield from (line[:_LINE] for line in lines[-_LAST_LINES:])


def _of_message(message: str) -> tuple[Similar, ...]:
    weights, rarity = _index()
    words = set(_words(message))
    shared: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for word in words:
        for code, weight in weights.get(word, ()):
            shared[code][word] = weight
    scores = Counter({code: sum(of_word.values()) for code, of_word in shared.items()})
    best = max(scores.values(), default=0.0)
    all_told = sum(rarity.get(word, _UNHEARD) for word in words)
    if best < max(_LEAST, _LEAST_SHARE * math.sqrt(all_told)):
        return ()
    near = [(c, score) for c, score in scores.most_common(_MOST) if score >= _NEAR * best]
    by_code = {one.code: one for one in all_rules()}
    return tuple(Similar(by_code[c], score, _shared(message, shared[c])) for c, score in near)


def _shared(message: str, weights: Mapping[str, float]) -> str:
    return " ".join(w for w in message.split() if not weights.keys().isdisjoint(_words(w)))


@cache
def _index() -> tuple[dict[str, list[tuple[str, float]]], dict[str, float]]:
    """What each word speaks for, as code and weight; and how rare it is among the pages."""
    pages = {one.code: Counter(_page_words(one)) for one in all_rules()}
    on_pages = Counter(word for page in pages.values() for word in page)
    rarity = {
        word: math.log(1 + (len(pages) - n + 0.5) / (n + 0.5)) for word, n in on_pages.items()
    }
    usual = sum(page.total() for page in pages.values()) / len(pages)
    weights: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    for code, page in pages.items():
        damped = _SATURATION * (1 - _LENGTH + _LENGTH * page.total() / usual)
        for word, n in page.items():
            weights[word].append((code, rarity[word] * n * (_SATURATION + 1) / (n + damped)))
    return dict(weights), rarity


def _page_words(one: Rule) -> Iterator[str]:
    told = sections(one.page)
    named = f"{one.title} {one.slug.replace('-', ' ')}"
    literal = [_NOT_LITERAL.sub(" ", symptom.pattern) for symptom in one.symptoms]
    for text in [*[named] * _NAMED_TWICE, *(told[t] for t in _TOLD_IN), *literal]:
        yield from _words(text)


def _words(text: str) -> Iterator[str]:
    """Words in lower case, and the parts of those that are put together (`CUDNN_STATUS_X`)."""
    for word in _WORD.findall(_HUMP.sub("_", text).lower()):
        parts = _PART.findall(word)
        telling = [part for part in parts if part not in _TOO_COMMON]
        if len(parts) > 1:
            yield from telling
        if telling or "." in word:
            yield word

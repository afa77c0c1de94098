"""Whose folders the paths in a text are: what is replaced by ~, and which names they give away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

NAME = r"[^/\\\s:;,\"']+"
SPACED = r"[^/\\:*?\"<>|;,\n]{1,64}(?=[\\/])"
"""A name on Windows or macOS may hold blanks where a folder follows."""
HOMES = re.compile(
    rf"""
      (?: [A-Za-z]: | (?:/(?:mnt|cygdrive))? /[a-z] ) [\\/]+ Users [\\/]+ (?P<windows> {SPACED} | {NAME} )
    | [\\/]{{2,4}} wsl(?:\$|\.localhost) [\\/]+ [\w.-]+ [\\/]+ home [\\/]+ (?P<wsl> {NAME} )
    # Of a cluster's file system everything, down to what belongs to Python or is a file.
    | /(?:lustre|gpfs|beegfs) (?P<cluster> (?: / (?!
        (?: lib(?:64)? | bin | include | share | envs? | venv | site-packages
          | (?:mini|ana|mamba|conda)\w* | \.[\w.-]+ | [\w.-]+\.\w+ ) (?: [/\s:;,"'] | $ )
      ) {NAME} )+ )
    | (?: (?:/[\w.-]+){{0,4}}? / (?: homes? | users | Users | scratch[\w-]* ) / | /media/ | /tmp/pip- )
      (?P<posix> (?<=/Users/) [^/\s:;,"']+ (?:\ [^/\s:;,"']+){{1,2}} (?=/) | {NAME} )
    # What only a home holds tells that its parent is one, wherever that lies.
    | (?: [A-Za-z]: | / [\w.-]+ ) (?: [\\/]+ [\w.-]+ ){{0,8}}? [\\/]+ (?P<above> {NAME} )
      (?= [\\/]+ (?: \.local[\\/]+(?:lib|bin|share) | \.conda[\\/]+envs | AppData ) [\\/] )
    """,
    re.VERBOSE,
)
IN_PATHS_OF_PEOPLE = (
    "Users", "users", "home", "/root", "lustre", "gpfs", "beegfs", "scratch", "/media/", "/tmp/pip-",
    ".local", ".conda", "AppData", "torchinductor_",
)  # fmt: skip
"""One of these is in every text that HOMES, ROOT_HOME or OWNED match."""
ROOT_HOME = re.compile(r"(?<![\w/.-])/root(?=[/\s:;,\"']|$)")
OWNED = re.compile(r"/torchinductor_(?P<inductor>[^/\\\s:;,\"']+)")
WEB_ADDRESS = re.compile(r"(https?://[^\s\"'<>]*)")
"""Addresses of the web have folders called users, too."""
SHORTEST_NAME, DISTINCT_NAME = 3, 6
"""Letters from which on a name is looked for as a word, and from which on in any case and beside _."""
NO_PERSON = re.compile(
    r"""
    root | users? | admin(?:istrator)? | runner(?:admin)? | ubuntu | debian | jovyan | vscode | app | work
    | data | public | shared | default | all | python | (?:mini|ana)?conda3? | docker | linux | windows
    | macos | none | true | false | gpu | cpu | v?env | homes? | local | test | build | projects?
    | groups? | scratch | store | fast | fsw | opt | usr | var | tmp | mnt | srv | cache | numpy
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Names of accounts and folders that name nobody, and words that a report needs: never taken out of
prose."""
OF_THE_FIELD = re.compile(
    r"torch|nvidia|triton|cuda|transformers|vllm|deepspeed|rocm", re.IGNORECASE
)
NEVER = r"(?!)"


def owners(texts: Iterable[str]) -> Iterator[str]:
    """The names that the paths in the texts give away."""
    for text in set(texts):
        if _may_name_people(text):
            here = WEB_ADDRESS.sub("", text)
            for match in (*HOMES.finditer(here), *OWNED.finditer(here)):
                for found in filter(None, match.groupdict().values()):
                    yield from found.strip("/").split("/")


def homes_out(text: str) -> str:
    """The text with ~ in place of every folder of a person's."""
    if not _may_name_people(text):
        return text
    parts = WEB_ADDRESS.split(text)
    parts[::2] = [ROOT_HOME.sub("~", HOMES.sub("~", part)) for part in parts[::2]]
    return "".join(parts)


def _may_name_people(text: str) -> bool:
    """Whether a word stands in it that is in every path of a person's."""
    if "/" not in text and "\\" not in text:
        return False
    return any(word in text for word in IN_PATHS_OF_PEOPLE)


def last_of(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1]


def as_words(names: Iterable[str]) -> re.Pattern[str] | None:
    """The names that may be a person's, as words, with a host after an @."""
    people = {n for n in names if _may_be_person(n)}
    if not people:
        return None
    long = {n for n in people if len(n) >= DISTINCT_NAME}
    beside = rf"(?i:(?<![A-Za-z0-9])(?:{_either(long)})(?![A-Za-z0-9]))"
    alone = rf"(?<![\w.-])(?:{_either(people - long)})(?![\w-])"
    return re.compile(rf"(?:{beside}|{alone})(?:@[\w.-]+)?")


def _may_be_person(name: str) -> bool:
    if len(name) < SHORTEST_NAME or name[0].isdigit():
        return False
    return not (NO_PERSON.fullmatch(name) or OF_THE_FIELD.search(name))


def _either(names: Iterable[str]) -> str:
    return "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True)) or NEVER

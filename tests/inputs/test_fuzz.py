"""No reader of foreign files falls over, whatever is in them; finds of the long run are kept beside."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inputs.fuzz import READERS, broken

FINDS = Path(__file__).parent / "finds"


@pytest.mark.parametrize("name", READERS)
def test_a_reader_takes_or_refuses_whatever_comes(name: str) -> None:
    @settings(max_examples=40, deadline=None, database=None)
    @given(data=broken(name))
    def run(data: bytes) -> None:
        READERS[name](data)

    run()


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=20, deadline=None, database=None)
@given(data=st.binary(max_size=300))
def test_a_reader_takes_or_refuses_any_bytes(name: str, data: bytes) -> None:
    READERS[name](data)


@pytest.mark.parametrize("find", sorted(FINDS.glob("*")), ids=lambda path: path.name)
def test_what_a_reader_once_fell_over_is_taken_or_refused(find: Path) -> None:
    READERS[find.name.partition(".")[0]](find.read_bytes())

from datetime import timedelta
from pathlib import Path

import pytest

from broker.clock import step, system_clock, unsafe_stepped_clock


def test_a_stepped_clock_goes_on_from_where_it_was_put(tmp_path: Path) -> None:
    file, to = tmp_path / "offset", system_clock() + timedelta(days=3)
    step(file, to)
    assert timedelta() <= unsafe_stepped_clock(file)() - to < timedelta(minutes=1)


def test_whoever_reads_the_clock_while_it_steps_sees_it_whole_before_or_after(tmp_path: Path) -> None:
    file = tmp_path / "offset"
    step(file, system_clock())
    before = file.read_text()
    with file.open() as reading:
        step(file, system_clock() + timedelta(days=3))
        assert reading.read() == before  # another file took its place; this one was never written to
    assert [one.name for one in tmp_path.iterdir()] == ["offset"]


def test_a_step_that_fails_leaves_the_clock_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "offset"
    step(file, system_clock())
    before = file.read_text()
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError))
    with pytest.raises(OSError, match=r"^$"):
        step(file, system_clock() + timedelta(days=3))
    assert file.read_text() == before

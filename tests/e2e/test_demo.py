"""The main job, as a newcomer runs it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TAMPER = """
import sys
from broker.demo import night, script
real = script.night
def tampered():
    made = real()
    {change}
    return made
night.night = tampered
from broker.show import console
sys.exit(night.play(keep=False, console=console()))
"""


@pytest.fixture
def scratch(tmp_path: Path) -> dict[str, str]:
    """An environment whose temporary files can be looked at afterwards."""
    return {**os.environ, "TMPDIR": str(tmp_path)}


def _left(scratch: dict[str, str]) -> list[str]:
    return [str(path) for path in Path(scratch["TMPDIR"]).iterdir()]


def _processes(scratch: dict[str, str]) -> list[int]:
    """Processes that were started with this test's own TMPDIR."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"TMPDIR={scratch['TMPDIR']}".encode() in environment:
            found.append(int(entry.name))
    return found


def test_the_night_is_as_written_down_and_leaves_nothing_behind(scratch: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "broker", "demo"], env=scratch, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "Everything arrived as written down by hand, and nothing else arrived anywhere." in done.stdout
    for said in ("signed by", "RD-1", "RD-4", "scheme target", "proposal", "LB-E1", "LB-E2", "call sheet", "ENC-RES"):
        assert said in done.stdout
    assert _left(scratch) == []
    assert _processes(scratch) == []


def test_the_night_fails_if_it_is_not_as_written_down(scratch: dict[str, str]) -> None:
    withheld_otherwise = 'made.steps[2].arrives["school:100008"][0]["withheld"]["homeAddress"] = "RD-2"'
    one_more_held = 'made.records["held"] += 1'
    quick = TAMPER.format(change=f"{withheld_otherwise}; {one_more_held}")
    done = subprocess.run(
        [sys.executable, "-c", quick], env=scratch, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-2000:]
    assert "NOT as written down" in done.stdout
    for said in ("unexpected at school:100008", "missing at school:100008"):
        assert done.stdout.count(said) == 1
    assert re.search(r"held +│ 3 +│ 4 +│ NO", done.stdout)
    assert _processes(scratch) == []


def test_an_interrupted_night_leaves_nothing_running(scratch: dict[str, str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "broker", "demo"], env=scratch, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "sends:" in line:
                break
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        assert process.wait(timeout=60) != 0
    end = time.monotonic() + 20
    while _processes(scratch) and time.monotonic() < end:
        time.sleep(0.1)
    assert _processes(scratch) == []
    assert _left(scratch) == []


def test_the_suspension_drill_cuts_a_force_off_in_time(scratch: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "broker", "demo", "--suspend-midway"],
        env={**scratch, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "Cut off in time; nothing was lost." in done.stdout
    assert _left(scratch) == []
    assert _processes(scratch) == []

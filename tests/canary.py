"""Tokens planted in a message, the disguises in which they could show, and the search through any bytes."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

_ZEROS = re.compile(rb"\0{64,}")
"""Kafka's index files are nearly nothing else."""


def disguises(token: str) -> Iterator[bytes]:
    """Plain, hexadecimal, JSON-escaped and UTF-16, in small letters."""
    plain = token.lower().encode()
    yield plain
    yield plain.hex().encode()
    yield token.encode().hex().encode()
    yield "".join(f"\\u{ord(letter):04x}" for letter in token).encode().lower()
    yield token.lower().encode("utf-16-le")
    yield token.lower().encode("utf-16-be")


def encoded(token: str) -> Iterator[bytes]:
    """Base64 of it at all three alignments, standard and for URLs; case matters."""
    plain = token.encode()
    for before in range(3):
        whole = base64.b64encode(bytes(before) + plain)
        part = whole[-(-before * 8 // 6) : (before + len(plain)) * 8 // 6]
        yield part
        yield part.translate(bytes.maketrans(b"+/", b"-_"))


def found_in(data: bytes, tokens: set[str]) -> set[str]:
    """The tokens that are in these bytes, in whatever disguise."""
    data = _ZEROS.sub(b"\0" * 64, data)
    lower = data.lower()
    return {
        token
        for token in tokens
        if any(one in lower for one in disguises(token)) or any(one in data for one in encoded(token))
    }


def every_byte(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below these folders, and its name."""
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not file.is_symlink():
                yield str(file), str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes()
            else:
                yield str(file), str(file.relative_to(folder)).encode()


def of_process(pid: int) -> Iterator[tuple[str, bytes]]:
    """What everybody on the machine can see of a process, and what its owner can."""
    for name in ("cmdline", "environ", "comm"):
        yield f"process {pid} {name}", Path(f"/proc/{pid}/{name}").read_bytes()

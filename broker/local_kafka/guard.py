"""The guard: a process of its own that ends Kafka, and clears up, when the program that wanted Kafka ends.

This file is both ends of it. It is run as a script, too, so it imports nothing but the standard library.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

STOP_WITHIN_S = 15.0  # after this a node that ignores SIGTERM gets SIGKILL; at once if its data is thrown away
GUARD_ENDS_WITHIN_S = STOP_WITHIN_S + 30.0  # it may have a container to remove as well

TIE = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG, which outlives the exec below
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)  # the parent has ended already
signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and that would be inherited
os.execvp(sys.argv[2], sys.argv[2:])
"""


def spawn_tied(command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:  # noqa: ANN401 - those of Popen
    """Start a child that the kernel kills when its parent dies, even by `kill -9`. Its pid is the command's own.

    On Linux only; elsewhere it is an ordinary child. "Parent" is the thread that calls this, so call it from one
    that lives as long as the child shall: the main thread. A command that does not exist ends with exit code 1.
    """
    if sys.platform == "linux":  # not with preexec_fn, which is unsafe where there are threads
        command = [sys.executable, "-I", "-S", "-c", TIE, str(os.getpid()), *command]
    return subprocess.Popen(command, **options)


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, and the file for all it prints; it runs in that file's folder."""

    argv: list[str]
    log: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a guard is to do: run `first` to the end, start `nodes`; when it is over, run `last`, `remove` a folder."""

    owner: int
    first: Sequence[Command] = ()
    nodes: Sequence[Command] = ()
    last: Sequence[str] = ()
    remove: str | None = None


# --- the owner's end ------------------------------------------------------------------------------------------


class Guard:
    """The owner's end of a guard process, which lives in a session of its own.

    The guard, not the owner, is the parent of the Kafka processes. It ends them when it is told to, when
    its owner ends in whatever way, or on SIGTERM. Should the guard itself be killed, Linux kills its
    children with it.
    """

    def __init__(self, plan: Plan) -> None:
        """Start the guard; it begins with its plan at once."""
        self._plan = plan
        self._process = subprocess.Popen(
            [sys.executable, "-I", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.pids: tuple[int, ...] = ()
        self._kept = self._stopped = False
        self._tell(json.dumps(asdict(plan)))

    @property
    def pid(self) -> int:
        """The guard's own process id; SIGTERM to it ends everything in good order."""
        return self._process.pid

    def started(self, within_s: float) -> bool:
        """Wait until every node's process runs; False if one of the first steps failed."""
        assert self._process.stdout is not None  # noqa: S101  # it is a pipe
        readable, _, _ = select.select([self._process.stdout], [], [], within_s)
        self.pids = tuple(json.loads(self._process.stdout.readline() or "[]") if readable else [])
        return bool(self.pids)

    def keep(self) -> None:
        """Let it all run on after the owner has ended."""
        self._tell("keep")
        self._kept = True
        self._close()

    def stop(self) -> None:
        """End it all and wait for that; by force if the guard does not."""
        if self._kept or self._stopped:
            return
        self._stopped = True
        self._tell("stop")
        try:
            done = self._process.wait(GUARD_ENDS_WITHIN_S) == 0
        except subprocess.TimeoutExpired:
            done = False
        if not done:
            for pid in (*self.pids, self.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
            if self._plan.remove:
                shutil.rmtree(self._plan.remove, ignore_errors=True)
        self._close()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None  # noqa: S101  # it is a pipe
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


# --- the guard's own process ----------------------------------------------------------------------------------


def guard() -> None:
    """Do what the guard process does. It has one thread: its children are tied to it."""
    with open(0, "rb", buffering=0, closefd=False) as told:  # unbuffered: what follows is for _Over
        plan = json.loads(told.readline() or "null")
    if plan is None:
        return  # the owner ended before it could ask for anything
    over = _Over(plan["owner"])
    running: list[subprocess.Popen[bytes]] = []
    try:
        running = [_spawn(command) for command in plan["first"]]
        while any(process.poll() is None for process in running):
            if over.within(0.02):
                return
        if any(process.returncode for process in running):
            _report([])
            over.wait()  # the owner reads the logs before they go
            return
        running = [_spawn(command) for command in plan["nodes"]]
        _report([process.pid for process in running])
        while not over.within(0.2):
            ended = [process.poll() is not None for process in running]
            if over.kept and ended and all(ended):
                return
    finally:
        _end(running, 0.0 if plan["remove"] else STOP_WITHIN_S)
        if plan["last"]:
            subprocess.run(plan["last"], check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        if plan["remove"]:
            shutil.rmtree(plan["remove"], ignore_errors=True)


class _Over:
    """Knows when the guard's work is over: told so, owner gone, or SIGTERM."""

    def __init__(self, owner: int) -> None:
        self.kept = False
        self._signalled = False
        self._sources: list[int] = [0]  # standard input
        self._owner: int | None = None
        with contextlib.suppress(OSError, AttributeError):  # not Linux: the pipe alone has to tell
            self._owner = os.pidfd_open(owner)  # a copy of the pipe in a forked child cannot hide its end
            self._sources.append(self._owner)
        signal.signal(signal.SIGTERM, self._on_signal)
        for ignored in (signal.SIGINT, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_IGN)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._signalled = True

    def within(self, seconds: float) -> bool:
        """Whether it is over, waiting at most this long for it."""
        readable, _, _ = select.select(self._sources, [], [], seconds)
        if 0 in readable:
            told = os.read(0, 64)
            if b"keep" in told:
                self.kept = True
                self._sources.clear()  # neither the pipe nor the owner matters any more
            else:
                return True
        return self._signalled or (not self.kept and self._owner in readable)

    def wait(self) -> None:
        while not self.within(1.0):
            pass


def _spawn(command: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start one of the guard's processes; it cannot outlive the guard on Linux."""
    log = Path(command["log"])
    with log.open("ab") as out:
        return spawn_tied(command["argv"], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=log.parent)


def _end(running: Sequence[subprocess.Popen[bytes]], within_s: float) -> None:
    """SIGTERM to each, time to obey, SIGKILL to the rest."""
    for process in running:
        process.terminate()
    deadline = time.monotonic() + within_s
    for process in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
    for process in running:
        process.kill()
        process.wait()


def _report(pids: list[int]) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(pids) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    guard()

"""What a local Kafka needs: Java, and Kafka's own jars, which Maven fetches. What is missing gets installed."""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from broker.local_kafka.running import KafkaUnavailable, Say, tail

REPOSITORY = Path(__file__).resolve().parents[2]
KAFKA = REPOSITORY / "deploy" / "kafka"
POM = KAFKA / "pom.xml"

OLDEST_JAVA = 17  # what the server of Kafka 4 asks for
JAVA_PACKAGES = ("openjdk-21-jre-headless", "openjdk-17-jre-headless")  # the first that apt offers
ANSWERS_WITHIN_S = 10.0  # apt about a package, a container engine
PROGRESS_EVERY_S = 5.0


def ensure_java(say: Say) -> Path:
    """Return a `java` of version 17 or later, installing one if there is none."""
    if java := _find_java():
        return java
    _install(JAVA_PACKAGES, f"Java {OLDEST_JAVA} or later", say)
    if java := _find_java():
        return java
    raise KafkaUnavailable("Java was installed but is not found. Next: set JAVA_HOME to its folder.")


def ensure_jars(say: Say) -> Path:
    """Return the folder of Kafka's jars; the first time Maven fetches them, as deploy/kafka/pom.xml says.

    The folder appears whole or not at all, so two processes may ask at once. Its name has the hash of the
    pom: another release gets another folder. It is in BROKER_CACHE, or in `.cache` beside the code.
    """
    if not POM.exists():
        raise KafkaUnavailable(f"{POM} is missing. Next: run from a checkout of the repository.")
    cache = Path(os.environ.get("BROKER_CACHE") or REPOSITORY / ".cache").resolve()
    jars = cache / f"kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    if jars.is_dir():
        return jars
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / "kafka.lock", say):
        if jars.is_dir():
            return jars
        java = ensure_java(say)
        if shutil.which("mvn") is None:
            _install(("maven",), "Maven", say)
        with tempfile.TemporaryDirectory(prefix="kafka-", dir=cache) as partial:
            fetched = Path(partial) / "jars"
            say("Fetching Kafka's jars with Maven (once; about 45 MB).")
            command = ["mvn", "--batch-mode", "--strict-checksums", "--file", str(POM), "package"]
            environment = {**os.environ, "JAVA_HOME": str(java.resolve().parents[1])}
            run([*command, f"-Djars.folder={fetched}"], say, environment)
            fetched.rename(jars)
    return jars


def version(jars: Path) -> str:
    """Return the release of Kafka in this folder."""
    found = next(jars.glob("kafka_2.13-*.jar"), None)
    return found.stem.partition("-")[2] if found else "(unknown version)"


def succeeds(*argv: str) -> bool:
    """Whether this command answers in time, and with success."""
    try:
        return not subprocess.run(argv, check=False, capture_output=True, timeout=ANSWERS_WITHIN_S).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False


def run(argv: Sequence[str], say: Say, environment: Mapping[str, str] | None = None) -> None:
    """Run to the end, saying every few seconds that it goes on; on failure raise with its last lines."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kafka-run-") as folder:
        log = Path(folder) / "output"
        with log.open("wb") as output:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment)
        try:
            while True:
                try:
                    status = process.wait(PROGRESS_EVERY_S)
                    break
                except subprocess.TimeoutExpired:
                    files = log.read_bytes().count(b"Downloaded from")
                    fetched = f", {files} files fetched" if files else ""
                    say(f"  still going after {time.monotonic() - began:.0f} s{fetched}")
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if status:
            command = " ".join(argv)
            raise KafkaUnavailable(f"That failed.\n{tail(log)}\nNext, to see it whole: {command}")


def _find_java() -> Path | None:
    places = [Path(home) / "bin" / "java" for home in [os.environ.get("JAVA_HOME")] if home]
    places += [Path(found) for found in [shutil.which("java")] if found]
    places += sorted(Path("/usr/lib/jvm").glob("*/bin/java"))
    return next((java for java in places if _java_version(java) >= OLDEST_JAVA), None)


def _java_version(java: Path) -> int:
    """Return the major version, 0 if it is not a working Java."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r'version "(\d+)', answer.stderr)
    return int(found[1]) if found else 0


def _install(alternatives: Sequence[str], what: str, say: Say) -> None:
    """Install the first of these packages that apt offers; elsewhere say exactly what to install."""
    if shutil.which("apt-get") is None:
        raise KafkaUnavailable(
            f"{what} is missing and this system has no apt-get. Next: install a Java {OLDEST_JAVA} or later "
            "runtime and Maven with your package manager (on macOS: brew install openjdk@21 maven), "
            "or set KAFKA_BOOTSTRAP_SERVERS to a Kafka that runs."
        )
    say(f"{what} is missing: installing it with apt-get.")
    root = _as_root()
    if root is None:
        raise KafkaUnavailable(
            "That needs root. Next: sudo apt-get update && sudo apt-get install -y --no-install-recommends "
            f"maven {_offered(JAVA_PACKAGES)}"
        )
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]
    run([*apt, "update"], say)
    run([*apt, "install", "-y", "--no-install-recommends", _offered(alternatives)], say)


def _offered(alternatives: Sequence[str]) -> str:
    return next((name for name in alternatives if succeeds("apt-get", "install", "--simulate", name)), alternatives[-1])


def _as_root() -> list[str] | None:
    """What to put before a command that needs root; sudo may ask for a password. None if it cannot be had."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    if not succeeds("sudo", "-n", "true") and not (
        sys.stdin.isatty() and subprocess.run(["sudo", "-v"], check=False).returncode == 0
    ):
        return None
    return ["sudo", "-n"]


@contextlib.contextmanager
def _locked(file: Path, say: Say) -> Iterator[None]:
    """Hold this file's lock; it goes with the process that holds it."""
    import fcntl  # noqa: PLC0415  # Windows has none, and must be able to import this module

    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another process is fetching Kafka's jars: waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield

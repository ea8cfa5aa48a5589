"""The commands against a real Kafka and a real worker process, as a supplier's developer would use them."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from broker.acl import MAILBOX_READER
from broker.clock import system_clock
from broker.demo.stage import principal
from broker.home import Home
from broker.local_kafka.ports import LOOPBACK, free_port
from tests.personas import ACLAND, HEATH, MET, document, incident, lead, notification
from tests.principals import Principals
from tests.world import make_home

Run = Callable[..., subprocess.CompletedProcess[str]]
PATIENCE = 60


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Organisations with keys that are valid now."""
    return make_home(tmp_path_factory.mktemp("live"), system_clock())


@pytest.fixture(scope="module")
def broker(  # noqa: C901 - set up, tear down, and what is used between
    kafka: Principals, home: Home, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    """A running worker and mailbox service, and a function that runs a `broker` command as whom it is for."""
    homes = tmp_path_factory.mktemp("homes")
    port, counts = free_port(), free_port()
    mailbox = f"{'http' if kafka.operator.tls is None else 'https'}://{LOOPBACK}:{port}"

    def environment(name: str) -> dict[str, str]:
        own = kafka.home(home, name, homes / name)
        return {
            **os.environ,
            "BROKER_HOME": str(own.path),
            "KAFKA_BOOTSTRAP_SERVERS": kafka.operator.bootstrap,
            "BROKER_MAILBOX": mailbox,
        }

    def principal_for(arguments: tuple[str, ...]) -> str:
        match arguments:
            case (
                ("publish", _, "--as", organisation, *_)
                | ("inbox", organisation, *_)
                | ("receipt", _, "--as", organisation, *_)
            ):
                member = home.registry().get(organisation)
                assert member is not None
                return principal(member)
            case ("topics" | "org" | "person" | "acl" | "redeliver", *_):
                return "operator"
            case _:
                return "worker"

    def run(*arguments: str, given: Any = None) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 - JSON
        return subprocess.run(
            [sys.executable, "-m", "broker", *arguments],
            env=environment(principal_for(arguments)),
            input=json.dumps(given) if given is not None else None,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    for setting_up in (("topics", "--create"), ("org", "sync"), ("acl", "apply")):
        done = run(*setting_up)
        assert done.returncode == 0, done.stderr
    started = {}
    worker = ["run", "--metrics", str(counts)]
    for name, command in (("worker", worker), (MAILBOX_READER, ["mailbox", "serve", "--port", str(port)])):
        log = home.path / f"{name}.log"
        with log.open("w") as out:
            made = subprocess.Popen([sys.executable, "-m", "broker", *command], env=environment(name), stderr=out)
        started[log] = made
    end = time.monotonic() + PATIENCE
    try:
        for log, one in started.items():
            while ".ready" not in log.read_text():
                assert one.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.05)
        (home.path / "counts").write_text(f"http://{LOOPBACK}:{counts}/metrics")
        yield run
    finally:
        for one in started.values():
            one.terminate()
        codes = [one.wait(timeout=20) for one in started.values()]
    assert codes == [0, 0]


def _now() -> str:
    return system_clock().isoformat(timespec="seconds")


def _notification(*to: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return notification(*to, content=incident(groundsFormedAt=_now(), **changes))


def test_a_shared_message_exits_0_and_each_school_opens_it(broker: Run) -> None:
    message = _notification(lead(ACLAND, "registered-dual-main"), lead(HEATH, "registered-dual-subsidiary"))
    done = broker("publish", "-", "--as", MET, "--json", given=message)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "shared"
    for school in (ACLAND, HEATH):
        opened = [json.loads(line) for line in broker("inbox", school, "--json").stdout.splitlines()]
        assert [one["verified"] for one in opened if one["body"]["message"] == message["id"]] == [["broker", MET]]


def test_a_delivery_is_proved_from_the_senders_inbox_and_the_schools_copy(broker: Run, tmp_path: Path) -> None:
    message = _notification()
    done = broker("publish", "-", "--as", MET, "--keep", str(tmp_path), "--json", given=message)
    assert done.returncode == 0, done.stderr
    listed = broker("receipt", "list", "--as", MET, "--message", message["id"], "--out", str(tmp_path), "--json")
    receipt = json.loads(listed.stdout)
    opened = [json.loads(line) for line in broker("inbox", ACLAND, "--json").stdout.splitlines()]
    (copy,) = (one for one in opened if one["id"] == receipt["jti"])
    (tmp_path / "copy").write_text(copy["statement"])
    files = (f"{receipt['jti']}.jws", f"{message['id']}.sd-jwt", "copy")
    given, signed, view = (str(tmp_path / name) for name in files)
    proof = broker("receipt", "verify", given, "--statement", signed, "--view", view)
    assert proof.returncode == 0, proof.stdout
    assert broker("receipt", "verify", given, "--statement", view, "--view", signed).returncode == 1
    asked = broker("receipt", "ask", "--as", ACLAND, copy["id"], "--json")
    assert [one["rule"] for one in json.loads(asked.stdout)["withheld"]] == ["RD-1", "RD-4"]


def test_a_monitor_reads_counts_of_the_worker(broker: Run, home: Home) -> None:
    broker("publish", "-", "--as", MET, given=_notification())
    with urlopen((home.path / "counts").read_text(), timeout=10) as answer:  # noqa: S310 - our own
        said = answer.read().decode()
    assert re.search(r'^broker_messages_total\{status="shared"\} [1-9]', said, re.MULTILINE)
    assert re.search(r'^broker_withheld_fields_total\{rule="RD-4",type="uk.*issued.v1"\} [1-9]', said, re.MULTILINE)


def test_a_held_message_exits_3_and_a_refused_one_4(broker: Run) -> None:
    held = broker("publish", "-", "--as", MET, given=_notification(lead("school:999998")))
    assert held.returncode == 3
    assert "what to do" in held.stdout
    council = {"organisation": "la:E09000007", "role": "childrens-social-care"}
    refused = broker("publish", "-", "--as", MET, given=_notification(council))
    assert refused.returncode == 4
    assert "authority-notified" in refused.stdout


def test_a_malformed_message_is_refused_before_it_is_sent_and_names_the_field_not_the_value(broker: Run) -> None:
    done = broker("publish", "-", "--as", MET, given=_notification(dateOfBirth="secret-value"))
    assert done.returncode == 4
    assert "content.dateOfBirth" in done.stderr
    assert "secret-value" not in done.stdout + done.stderr


def test_the_same_message_again_gets_the_original_outcome_and_one_delivery(broker: Run) -> None:
    message = _notification()
    first = broker("publish", "-", "--as", MET, "--json", given=message)
    again = broker("publish", "-", "--as", MET, "--json", given=message)
    assert json.loads(first.stdout)["status"] == "shared"
    assert json.loads(again.stdout)["status"] == "refused", "signed anew: the same id with other bytes"
    opened = [json.loads(line) for line in broker("inbox", ACLAND, "--json").stdout.splitlines()]
    assert len([one for one in opened if one["body"]["message"] == message["id"]]) == 1


def test_an_inbox_that_cannot_be_opened_is_loud_and_not_empty(
    broker: Run, home: Home, kafka: Principals, tmp_path: Path
) -> None:
    broker("publish", "-", "--as", MET, given=_notification())
    stranger = make_home(tmp_path, system_clock())
    home.copy_registry(stranger)
    (stranger.path / "tls").symlink_to(kafka.connection("school-100053").tls or "/dev/null")
    done = broker("inbox", ACLAND, "--home", str(stranger.path))
    assert done.returncode == 6
    assert "cannot-be-opened" in done.stderr
    assert "Testcase" not in done.stdout + done.stderr


def test_a_receipt_closes_what_was_unread_and_status_counts_it(broker: Run) -> None:
    message = _notification()
    broker("publish", "-", "--as", MET, given=message)
    before = json.loads(broker("status", "--json").stdout)["figures"]["unread"]
    content = {"answers": message["id"], "state": "acknowledged", "role": "safeguarding-lead", "at": _now()}
    answer = document("receipt-recorded", basis="LB-E3", case=message["case"], content=content)
    assert broker("publish", "-", "--as", ACLAND, given=answer).returncode == 0
    after = json.loads(broker("status", "--json").stdout)["figures"]["unread"]
    assert after == before - 1


def test_the_registry_desk_suspends_and_resumes_and_everybody_notices(broker: Run) -> None:
    assert broker("acl", "verify").returncode == 0
    cut_off = broker("org", "suspend", MET)
    assert cut_off.returncode == 0, cut_off.stderr
    assert "in force after" in cut_off.stdout
    refused = broker("publish", "-", "--as", MET, given=_notification())
    assert refused.returncode == 1
    assert "suspended" in refused.stderr
    assert "suspended" in broker("org", "show", MET).stdout
    assert broker("acl", "verify").returncode == 0, "rights and registry are equal again"
    assert broker("org", "resume", MET).returncode == 0
    assert broker("publish", "-", "--as", MET, given=_notification()).returncode == 0


def test_a_role_holder_who_is_revoked_and_one_who_is_added(broker: Run) -> None:
    shown = broker("person", "show", ACLAND).stdout
    assert "safeguarding-lead" in shown
    added = broker("person", "add", ACLAND, "--role", "deputy")
    assert added.returncode == 0, added.stderr
    code = added.stdout.split(" signs as")[0].split()[-1]
    assert code in broker("person", "show", ACLAND).stdout
    assert broker("person", "revoke", ACLAND, code).returncode == 0
    assert "revoked" in broker("person", "show", ACLAND).stdout
    nobody = broker("person", "revoke", ACLAND, "person-000000000000")
    assert nobody.returncode == 1
    assert "broker org show" in nobody.stderr


def test_a_lost_key_is_replaced_and_what_is_unread_comes_again(broker: Run, home: Home) -> None:
    message = _notification()
    broker("publish", "-", "--as", MET, given=message)
    old = next(key.kid for key in home.member(ACLAND).keys if key.use == "seal")
    for command in (
        ("org", "rotate-key", ACLAND, "--use", "seal"),
        ("org", "revoke-key", ACLAND, old, "--because", "lost"),
        ("redeliver", ACLAND),
    ):
        done = broker(*command)
        assert done.returncode == 0, done.stderr
    file = home.path / "keys" / ACLAND.replace(":", "-") / f"{old}.jwk"
    file.unlink()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        opened = [json.loads(line) for line in broker("inbox", ACLAND, "--json").stdout.splitlines()]
        if message["id"] in [one["body"].get("message") for one in opened]:
            return
    pytest.fail("the unread message did not come again")


def test_an_event_that_an_organisation_signed_itself_is_accepted_by_the_desk(broker: Run, tmp_path: Path) -> None:
    signed = broker("person", "add", HEATH, "--role", "deputy", "--sign-only")
    event = tmp_path / "event"
    event.write_text(signed.stdout)
    assert broker("org", "accept", str(event)).returncode == 0
    again = broker("org", "accept", str(event))
    assert again.returncode == 1
    assert "repeated" in again.stderr


def test_status_says_how_many_workers_run(broker: Run) -> None:
    figures = json.loads(broker("status", "--json").stdout)["figures"]
    assert figures["workers"] == 1


def test_topics_are_created_once(broker: Run) -> None:
    assert "created 0" in broker("topics", "--create").stdout


def test_an_unreachable_kafka_is_said_with_the_next_command(broker: Run) -> None:
    done = broker("status", "--bootstrap", "127.0.0.1:9")
    assert done.returncode == 1
    assert "KAFKA_BOOTSTRAP_SERVERS" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_brokers_keys_are_listed_sealed_anew_for_and_not_destroyed_while_they_are_needed(
    broker: Run, home: Home
) -> None:
    member = home.broker()
    listed = json.loads(broker("keys", "list", member.id, "--json").stdout)
    assert {row["private"] for row in listed} == {"here, plain"}
    done = broker("keys", "reseal")
    assert done.returncode == 0, done.stderr
    assert "sealed anew: nothing" in done.stdout
    for row in listed:
        done = broker("keys", "destroy", member.id, row["key"], "--yes")
        assert done.returncode == 1
        assert "is still needed" in done.stderr
        assert "Nothing was destroyed" in done.stderr

"""Decisions out of the real audit topic: decided again, and compared under two policies."""

import asyncio
import json
import os
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from broker.consent.law.archive import filed
from broker.consent.law.policy import POLICY
from broker.home import Home, folder
from broker.policies import Policies
from tests.integration.rig import OUT, ROOT, Service, once_each, outcome_of, process, publish, watching
from tests.personas import ACLAND, BROKER, BROOKFIELD, MET, lead, notification


async def broker(service: Service, home: Home, *arguments: str) -> tuple[int, str]:
    """A command as the broker's host runs it: exit code, and all that it said."""
    made = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "broker", *arguments),
        *("--home", str(home.path), "--bootstrap", service.operator.bootstrap),
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("BROKER_")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await made.communicate()
    return int(made.returncode or 0), said.decode()


async def test_what_was_decided_is_decided_again_from_the_audit_and_compared_under_another_policy(
    own_service: Service, tmp_path: Path
) -> None:
    service = own_service
    agency, now = service.world.agency(MET), service.now()
    two = [agency.submit(notification(lead(one)), now) for one in (ACLAND, BROOKFIELD)]
    async with watching(service.operator, *OUT) as watch, process(service) as worker:
        await worker.ready()
        await publish(service.police, two)
        await watch.until_seen(once_each(two[:1]) + Counter([outcome_of(two[1].message)]))
        assert await worker.terminate() == 0
    home = service.kafka.home(service.world.home, "worker", tmp_path / "broker")
    for one, outcome in zip(two, ("share", "hold"), strict=True):
        code, said = await broker(service, home, "decision", "replay", one.message)
        assert (code, "same" in said, outcome in said) == (0, True, True), said
    code, said = await broker(service, home, "decision", "replay", "11111111-1111-4111-8111-111111111111")
    assert code == 1
    assert "No decision about" in said

    gone = replace(POLICY, bases=tuple(one for one in POLICY.bases if one.code != "LB-E3"))
    (tmp_path / "new.json").write_text(filed(gone))
    compare = ("policy", "diff", POLICY.version, str(tmp_path / "new.json"), "--against", "decisions", "--json")
    code, said = await broker(service, home, *compare)
    assert code == 1, said
    changes = {one["to"]: one for one in json.loads(said)["changes"]}
    assert "familyName" in changes[ACLAND]["lost"]
    assert set(changes) == {ACLAND, BROOKFIELD}

    for key in (home.path / "keys" / folder(BROKER)).glob("*.jwk"):
        key.unlink()
    code, said = await broker(service, home, "decision", "replay", two[0].message)
    assert code == 1
    assert "2 records cannot be opened with the keys here" in said


async def test_a_worker_does_not_start_with_a_policy_that_cannot_be_used(own_service: Service) -> None:
    service, home = own_service, own_service.world.home
    Policies(home.path).put(POLICY.switched_on("CA2004-s16LB", since=POLICY.issued, source="SI 2026/000"))
    file = home.path / "policy.json"
    file.write_text(file.read_text().replace("SI 2026/000", "SI 2026/999"))
    async with process(service) as worker:
        assert await worker.ended() == 1
        assert "policy.json cannot be used" in " ".join("".join(worker.said).split())

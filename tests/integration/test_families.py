"""One worker carries every family of messages, each on topics and in a group of its own."""

from datetime import timedelta

from broker import topics
from broker.envelope import REVOCATION
from tests.integration.rig import Service, delivery_of, outcome_of, process, publish, watching
from tests.personas import (
    ACLAND,
    CAMDEN,
    CHARITY,
    ISLINGTON,
    MET,
    Json,
    agreement_withdrawn,
    grant,
    homeless,
    referral,
)

WATCHED = (topics.inbox(MET), topics.inbox(ACLAND), topics.inbox(CAMDEN), topics.MAILBOX)


async def test_one_worker_carries_every_family_each_on_its_own_topic(service: Service) -> None:
    world, now = service.world, service.now()
    notified, said = service.write(), referral()
    given = grant(
        givenAt=now.isoformat().replace("+00:00", "Z"),
        expiresAt=(now + timedelta(days=7)).isoformat().replace("+00:00", "Z"),
    )
    ended = agreement_withdrawn(given)
    referred = homeless(given)

    def signed(document: Json, sender: str) -> object:
        return world.agency(sender).submit(document, now)

    sent = [notified, signed(said, CHARITY), *(signed(one, CAMDEN) for one in (given, referred, ended))]
    assert [one.topic for one in sent] == [  # type: ignore[attr-defined]
        "submit.encompass",
        "submit.referral",
        *["submit.housing"] * 3,
    ]
    async with watching(service.operator, *WATCHED) as watch, process(service) as worker:
        await worker.ready()
        await publish(service.operator, sent)  # type: ignore[arg-type]
        wanted = [
            delivery_of(notified.message),
            delivery_of(said["id"], CAMDEN, CHARITY),
            delivery_of(referred["id"], ISLINGTON, CAMDEN),
            delivery_of(ended["id"], ISLINGTON, CAMDEN),
            outcome_of(ended["id"], CAMDEN),
        ]
        await watch.until_seen(wanted)
        assert await worker.terminate() == 0
    outside = {dict(one.headers)["ce_id"].decode(): dict(one.headers) for one in watch.records if one.key}
    assert outside[delivery_of(referred["id"], ISLINGTON, CAMDEN)]["ce_expires"].decode() == (
        (now + timedelta(days=7)).isoformat()
    )
    revokes = outside[delivery_of(ended["id"], ISLINGTON, CAMDEN)]["ce_revokes"].decode()
    assert revokes == delivery_of(referred["id"], ISLINGTON, CAMDEN)
    assert REVOCATION.encode() not in {one["ce_type"] for one in outside.values()}, "the notice itself revokes"

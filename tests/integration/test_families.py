"""One worker carries every family of messages, each on topics and in a group of its own."""

from datetime import timedelta

from broker import topics
from broker.agency import Submitted
from broker.envelope import REVOCATION
from tests.integration.rig import Service, delivery_of, outcome_of, process, publish, screening, watching
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

    def signed(document: Json, sender: str) -> Submitted:
        return world.agency(sender).submit(document, now)

    sent = [notified, signed(said, CHARITY), *(signed(one, CAMDEN) for one in (given, referred))]
    assert [one.topic for one in sent] == ["submit.encompass", "submit.referral", *["submit.housing"] * 2]
    async with (
        watching(service.operator, *WATCHED) as watch,
        screening(service.kafka, world.home, service.folder, "--unsafe-clock", str(service.clock)),
        process(service) as worker,
    ):

        def expiring() -> list[dict[str, bytes]]:
            headers = (dict(one.headers) for one in watch.records if one.key == ISLINGTON.encode())
            return [one for one in headers if "ce_expires" in one]

        await worker.ready()
        await publish(service.operator, sent)
        await watch.until_seen([delivery_of(notified.message), delivery_of(said["id"], CAMDEN, CHARITY)])
        await watch.until(lambda: bool(expiring()), "the referral, once its reason has been read")
        await publish(service.operator, [signed(ended, CAMDEN)])
        await watch.until_seen([delivery_of(ended["id"], ISLINGTON, CAMDEN), outcome_of(ended["id"], CAMDEN)])
        assert await worker.terminate() == 0
    (referral_sent,) = expiring()
    assert referral_sent["ce_expires"].decode() == (now + timedelta(days=7)).isoformat()
    outside = {dict(one.headers)["ce_id"].decode(): dict(one.headers) for one in watch.records if one.key}
    revokes = outside[delivery_of(ended["id"], ISLINGTON, CAMDEN)]["ce_revokes"]
    assert revokes == referral_sent["ce_id"]
    assert REVOCATION.encode() not in {one["ce_type"] for one in outside.values()}, "the notice itself revokes"

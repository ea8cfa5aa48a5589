"""The mailbox reader's HTTP face: signed requests in, padded answers out, each on a tick.

POST /mailbox            one signed request, to claim or to acknowledge
GET  /registry-events    the public signed events from number `from` on, so that every reader can verify for itself
GET  /healthz            whether it serves
"""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiokafka.errors import KafkaError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from broker.clock import Clock
from broker.mailbox.asking import HIDDEN, MOST_BODY, Acknowledge, Admitted, Claim, Door, NotAdmitted, Why, entitled
from broker.mailbox.topic import Mailboxes
from broker.registry import Registry
from broker.sealing import padded
from broker.statement import dumps

TICK = 0.05
"""Seconds: an answer leaves only at a whole number of these after its request came."""
AT_ONCE = 4
"""Requests of one organisation that are answered at the same time."""
BODY_WITHIN = 5.0
WORK_WITHIN = 10.0
EVENT_READERS = 20
LAST_EVENT = 1 << 53

NOT_ACCEPTED = "not-accepted"
DO: Mapping[str, tuple[int, str]] = {
    NOT_ACCEPTED: (
        403,
        (
            "Nothing was handed out, and this is not an empty mailbox. Check which key signs for which organisation; "
            "then ask the broker's registry desk. Until it works, telephone: messages may be waiting."
        ),
    ),
    Why.OVERSIZED: (413, f"Send one signed request of at most {MOST_BODY} bytes."),
    Why.MALFORMED: (
        400,
        "Send one compact JWS with the header and claims in docs/wire.md section 9, and nothing else.",
    ),
    Why.WRONG_AUDIENCE: (400, "Put the id of this broker into `aud`: the registry names it."),
    Why.EXPIRED: (400, "Sign a new request, good for at most 60 seconds; if that is refused too, correct your clock."),
    Why.TOO_MANY: (429, "Wait for the answers to your other requests, then sign a new one."),
    Why.SLOW: (408, "Send the whole request at once."),
    Why.BUSY: (503, "Nothing is lost. Sign a new request in a few seconds."),
}
"""What is answered when a request is not: the status, and what to do next."""

Json = dict[str, Any]
log = structlog.get_logger()


class Service:
    """Answers requests. `registry` is asked at every step, so that a suspension also ends what is running."""

    def __init__(self, mailboxes: Mailboxes, door: Door, registry: Callable[[], Registry], clock: Clock) -> None:
        self._mailboxes = mailboxes
        self._door = door
        self._registry = registry
        self._clock = clock
        self._active: Counter[str] = Counter()
        self._event_readers = 0
        self.refused: Counter[Why] = Counter()

    def app(self) -> Starlette:
        """The three routes."""
        return Starlette(
            routes=[
                Route("/mailbox", self.mailbox, methods=["POST"]),
                Route("/registry-events", self.registry_events),
                Route("/healthz", self.healthz),
            ]
        )

    async def healthz(self, _: Request) -> Response:
        """That it serves: it does not listen before it knows what is unread."""
        return answer(200, {"status": "ready"})

    async def registry_events(self, request: Request) -> Response:
        """The signed events from number `from` on, and the number of the next."""
        start = request.query_params.get("from", "0")
        if not (start.isascii() and start.isdigit() and int(start) < LAST_EVENT):
            return answer(*self._refusal(NotAdmitted(Why.MALFORMED)))
        if self._event_readers >= EVENT_READERS:
            return answer(*self._refusal(NotAdmitted(Why.BUSY)))
        self._event_readers += 1
        try:
            async with asyncio.timeout(WORK_WITHIN):
                events, after = await self._mailboxes.events(int(start))
        except (KafkaError, TimeoutError):
            return answer(*self._refusal(NotAdmitted(Why.BUSY)))
        finally:
            self._event_readers -= 1
        return answer(200, {"events": events, "next": after})

    async def mailbox(self, request: Request) -> Response:
        """One signed request."""
        came = _time()
        try:
            status, body = 200, await self._serve(request)
        except NotAdmitted as refused:
            status, body = self._refusal(refused)
        except (KafkaError, TimeoutError) as fault:
            log.warning("mailbox.fault", fault=type(fault).__name__)
            status, body = self._refusal(NotAdmitted(Why.BUSY))
        made = answer(status, body)
        await on_tick(came)
        return made

    async def _serve(self, request: Request) -> Json:
        admitted = self._door.admit(await _body(request), self._registry(), self._clock())
        async with self._slot(admitted.ask.iss):
            if isinstance(admitted.ask, Claim):
                return await self._claim(admitted, admitted.ask, request)
            return await self._acknowledge(admitted.ask)

    @asynccontextmanager
    async def _slot(self, organisation: str) -> AsyncIterator[None]:
        if self._active[organisation] >= AT_ONCE:
            raise NotAdmitted(Why.TOO_MANY, organisation)
        self._active[organisation] += 1
        try:
            yield
        finally:
            self._active[organisation] -= 1
            if not self._active[organisation]:
                del self._active[organisation]

    def _still(self, admitted: Admitted) -> None:
        entitled(admitted.ask.iss, admitted.kid, self._registry(), self._clock())

    async def _claim(self, admitted: Admitted, claim: Claim, request: Request) -> Json:
        organisation, index, clock = claim.iss, self._mailboxes.index, self._clock
        until = _time() + claim.wait
        while not (items := index.claim(organisation, claim.most, _time(), clock())):
            left = until - _time()
            if left <= 0:
                return {"items": []}
            free = index.free_at(organisation, clock())
            await self._mailboxes.changed(organisation, left if free is None else min(left, max(0.0, free - _time())))
            if await request.is_disconnected():
                return {"items": []}  # or they would be on loan to nobody
            self._still(admitted)
        try:
            async with asyncio.timeout(WORK_WITHIN):
                values = await self._mailboxes.values(items)
                await self._mailboxes.lend(organisation, items)
            self._still(admitted)
            claimable = [item.id for item in index.unread(organisation, values)]  # not what was revoked meanwhile
        except BaseException:
            index.give_back(organisation, items)
            raise
        index.give_back(organisation, (item for item in items if item.id not in values))
        if not values:
            raise NotAdmitted(Why.BUSY)
        log.info("mailbox.claimed", recipients=(organisation,), records=len(claimable))
        return {"items": [{"id": item, "sealed": values[item].decode("ascii", "replace")} for item in claimable]}

    async def _acknowledge(self, asked: Acknowledge) -> Json:
        items = self._mailboxes.index.unread(asked.iss, asked.items)
        async with asyncio.timeout(WORK_WITHIN):
            await self._mailboxes.acknowledge(asked.iss, items)
        if items:
            log.info("mailbox.acknowledged", recipients=(asked.iss,), records=len(items))
        return {"acknowledged": True}

    def _refusal(self, refused: NotAdmitted) -> tuple[int, Json]:
        """What is answered; the operator's log has the true reason, how often it was given, and whom it was about."""
        why = refused.why
        self.refused[why] += 1
        log.warning("mailbox.refused", reason=why, count=self.refused[why], sender=refused.organisation)
        said = NOT_ACCEPTED if why in HIDDEN else why
        status, do = DO[said]
        return status, {"error": said, "do": do}


def answer(status: int, body: Json) -> Response:
    """Padded to a bucket of 4, 8, 16 ... KiB and never compressed, so that size tells nothing but the bucket."""
    return Response(
        padded(dumps(body).encode()), status, media_type="application/json", headers={"Cache-Control": "no-store"}
    )


async def on_tick(came: float) -> None:
    """Sleep until the next whole tick after a request came."""
    spent = _time() - came
    await asyncio.sleep(math.ceil(spent / TICK) * TICK - spent)


def _time() -> float:
    return asyncio.get_running_loop().time()


async def _body(request: Request) -> bytes:
    """The whole body, if it is small and comes soon. Raises NotAdmitted."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BODY:
                    raise NotAdmitted(Why.OVERSIZED)
    except (TimeoutError, ClientDisconnect):
        raise NotAdmitted(Why.SLOW) from None
    return bytes(body)

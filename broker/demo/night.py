"""Play the night: let separate processes send and read, and compare with the expectation."""

import asyncio
import json
import subprocess
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from rich.console import Console

from broker import post, topics
from broker.clock import step as step_clock
from broker.clock import unsafe_stepped_clock
from broker.connection import Connection
from broker.demo import mischief
from broker.demo.script import Ids, Night, Step, item, night
from broker.demo.stage import PATIENCE, Box, Json, Place, staged, until
from broker.demo.telling import Narrator
from broker.registry import Channel
from broker.schemas.terms import Kind
from broker.statement import loads, unb64

QUIET = 2.0
"""Seconds to wait at the end for anything that should not come."""


def play(*, keep: bool, console: Console) -> int:
    """Play it all. Returns 0 only if what was opened is what was written down, and nothing else came anywhere."""
    script = night()
    return staged(lambda place: _play(place, script, console), script.starts, console, keep=keep)


def _play(place: Place, script: Night, console: Console) -> int:
    narrator = Narrator(console, place.registry)
    if not (services := place.start_services(narrator)):
        return 1
    boxes = {
        one.id: Box(one.id, place.start(one.id, "inbox", one.id, "--follow", "--json"))
        for one in place.registry
        if one.channel is not Channel.NOT_CONNECTED and one.kind is not Kind.BROKER
    }
    narrator.say(f"{len(boxes)} recipients run as processes of their own, each with its own keys only.", "dim")
    ids, told, expected = Ids(), dict.fromkeys(boxes, 0), dict.fromkeys(boxes, 0)
    patience = PATIENCE
    for step in script.steps:
        step_clock(place.clock_file, step.at)
        narrator.step(step.at, step.title)
        _send(place, step, ids, script, narrator)
        for organisation, items in step.arrives.items():
            expected[organisation] += len(items)
        if not until(lambda: services.ended or _arrived(boxes, expected), patience):
            narrator.say("Not all has come in time; going on.", "red")
            patience = QUIET
        if services.ended:
            narrator.say(f"A service has stopped. The end of their logs:\n{services.last_words()}", "red")
            return 1
        for organisation, box in boxes.items():
            for opened in box.items[told[organisation] :]:
                narrator.arrived(organisation, opened)
                told[organisation] += 1
    until(lambda: False, QUIET)
    return _compare(place, script, boxes, ids, narrator)


def _arrived(boxes: dict[str, Box], expected: dict[str, int]) -> bool:
    return all(len(boxes[organisation].items) >= count for organisation, count in expected.items())


def _send(place: Place, step: Step, ids: Ids, script: Night, narrator: Narrator) -> None:
    """Each sender publishes with its own command, as its own system would; bad messages are slipped in directly."""
    by_sender: dict[str, list[Json]] = {}
    for sender, message in step.sends:
        narrator.sends(sender, message["type"])
        by_sender.setdefault(sender, []).append(ids.real(message))
    senders = [
        (
            json.dumps(messages),
            subprocess.Popen(
                place.command("publish", "-", "--as", sender, "--wait", "0"),
                env=place.environment(sender),
                stdin=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ),
        )
        for sender, messages in by_sender.items()
    ]
    for messages, process in senders:
        _, said = process.communicate(messages, timeout=PATIENCE)
        if process.returncode:
            narrator.say(f"could not send: {said}", "red")
    for bad in step.mischief:
        narrator.sends(bad["as"], f"something {bad['kind']}")
        asyncio.run(post.publish(_way_in(place, bad["as"]), [_bad(place, bad, ids, script)]))


def _way_in(place: Place, organisation: str) -> Connection:
    return place.home(organisation).connection(place.operator.bootstrap)


def _bad(place: Place, bad: Json, ids: Ids, script: Night) -> Any:  # noqa: ANN401
    now = unsafe_stepped_clock(place.clock_file)()
    model = next(message for step in script.steps for _, message in step.sends if message["id"] == bad["from"])
    document = ids.real({**model, "id": bad["id"], "case": f"@case-{bad['kind']}", "caseOwner": bad["as"]})
    member = place.registry.get(bad["as"])
    if bad["kind"] == "malformed" and member is not None:
        signer = place.home(member.id).signer(member, now)
        return mischief.malformed(document, bad["without"], signer, place.registry, now)
    return mischief.forged(document, bad["as"], place.registry, now)


def _compare(place: Place, script: Night, boxes: dict[str, Box], ids: Ids, narrator: Narrator) -> int:
    """Compare what was opened, item by item, and the number of records in every topic, with the expectation."""
    rows: list[tuple[str, int, int, bool]] = []
    for organisation, box in boxes.items():
        wanted = [one for step in script.steps for one in step.arrives.get(organisation, [])]
        opened = [ids.names(item(one)) for one in box.items]
        right = sorted(map(_text, opened)) == sorted(map(_text, wanted)) and box.alive
        rows.append((organisation, len(opened), len(wanted), right))
        if not right:
            for sign, ours, theirs in (("unexpected", opened, wanted), ("missing", wanted, opened)):
                for one in ours:
                    if _text(one) not in set(map(_text, theirs)):
                        narrator.say(f"{sign} at {organisation}: {_text(one)}", "red")
    counted = asyncio.run(_count(place))
    for what in sorted(script.records.keys() | {name for name, count in counted.items() if count}):
        came, wanted_count = counted.get(what, 0), script.records.get(what, 0)
        rows.append((what, came, wanted_count, came == wanted_count))
    shared = _in_common(boxes, ids)
    rows.append(("ids, digests and signatures that two siblings' schools have in common", shared, 0, shared == 0))
    narrator.summary(rows)
    if all(right for *_, right in rows):
        narrator.say("Everything arrived as written down by hand, and nothing else arrived anywhere.", "bold green")
        return 0
    narrator.say("NOT as written down: see above.", "bold red")
    return 1


def _in_common(boxes: dict[str, Box], ids: Ids) -> int:
    """How many marks could join the deliveries of two siblings, if their schools compared notes."""
    marks = []
    for child in ("@rowan", "@hazel", "@ash"):
        found: set[str] = set()
        for box in boxes.values():
            for opened in box.items:
                if opened["statement"] and opened["body"]["message"] == ids.real(child):
                    signed, *disclosures = opened["statement"].split("~")
                    claims = loads(unb64(signed.split(".")[1]))
                    found |= {signed.split(".")[2], claims["jti"], claims["sub"], opened["id"], *claims["_sd"]}
                    found |= {slot["..."] for slot in claims["to"]} | {text for text in disclosures if text}
        marks.append(found)
    first, second, third = marks
    return len(first & second) + len(second & third) + len(first & third) if all(marks) else -1


async def _count(place: Place) -> dict[str, int]:
    """Committed records in every topic that holds deliveries, holds, refusals and audit; mailboxes by audience."""
    counted: dict[str, int] = {}
    consumer = AIOKafkaConsumer(
        **place.operator.options, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        parts = [
            TopicPartition(topic.name, number)
            for topic in topics.topics(place.registry)
            if not topic.name.startswith(("submit.", "state.", "copies.", topics.REGISTRY))
            for number in range(topic.partitions)
        ]
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        while any([await consumer.position(part) < ends[part] for part in parts]):
            for part, records in (await consumer.getmany(timeout_ms=200)).items():
                for record in records:
                    reader = dict(record.headers).get("ce_audience", b"").decode()
                    what = f"{part.topic} for {reader}" if part.topic == topics.MAILBOX else part.topic
                    counted[what] = counted.get(what, 0) + 1
    finally:
        await consumer.stop()
    return counted


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)

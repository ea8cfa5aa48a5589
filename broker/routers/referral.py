"""What agencies send when they refer a child to children's social care, and what councils answer."""

from faststream.kafka import KafkaRouter

from broker.loop import Loop
from broker.routers import sealed
from broker.schemas import referral

FAMILY = referral.FAMILY


def router(loop: Loop) -> KafkaRouter:
    """Carry every referral to the council that may lawfully have it."""
    return sealed.router(loop)

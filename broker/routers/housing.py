"""What agencies send about help with housing, the agreements it depends on, and what housing authorities answer."""

from faststream.kafka import KafkaRouter

from broker.loop import Loop
from broker.routers import sealed
from broker.schemas import housing

FAMILY = housing.FAMILY


def router(loop: Loop) -> KafkaRouter:
    """Carry every referral to the housing authority, as long as the person agrees."""
    return sealed.router(loop)

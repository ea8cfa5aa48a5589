"""What police forces, schools and councils send about Operation Encompass."""

from faststream.kafka import KafkaRouter

from broker.loop import Loop
from broker.routers import sealed
from broker.schemas import encompass

FAMILY = encompass.FAMILY


def router(loop: Loop) -> KafkaRouter:
    """Carry every Encompass message to each recipient that may lawfully have it."""
    return sealed.router(loop)

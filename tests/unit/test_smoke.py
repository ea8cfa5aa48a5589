from tests.personas import ACLAND, notification
from tests.world import World


def test_a_school_opens_what_a_police_force_signed(world: World) -> None:
    carried = world.carry(notification())
    (opened,) = world.opened(carried, ACLAND)
    assert opened.content["givenNames"] == "Rowan"
    assert opened.verified == ("broker", "police:01")

"""What a venue file had set up is known again, by a later release too."""

from __future__ import annotations

import msgspec

from engine.vocabulary.messages.commands import AddAsset
from gateway.snapshots import past as module
from gateway.snapshots.past import Known, Past
from tests.support.gateway.venues.small_venue import small_venue


class AddAssetLater(AddAsset, frozen=True, array_like=True, gc=False, tag=AddAsset.__struct_config__.tag):  # type: ignore[call-arg, misc]
    """As a later release may have it."""

    added: str = ""


def test_a_past_is_kept_and_restored():
    setup = small_venue().genesis()
    past = Past()
    for command in setup:
        past.follow(command, [], 0)
    again = Past()
    again.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(past.state()), type=Known))
    assert again.state() == past.state()
    assert again.split(setup, False) == past.split(setup, False) == ([], [])
    assert Past().split(setup, False) == (setup, [])


def test_a_field_that_a_later_release_adds_changes_no_digest():
    asset = AddAsset("BTC", 1, 8)
    same = AddAssetLater(*msgspec.structs.astuple(asset))
    assert module._digest(same) == module._digest(asset)
    assert module._digest(msgspec.structs.replace(same, added="x")) != module._digest(asset)
    assert module._digest(msgspec.structs.replace(asset, scale=9)) != module._digest(asset)

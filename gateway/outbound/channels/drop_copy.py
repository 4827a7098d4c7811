"""Channel `drop_copy`: the private reports of every account, as the accounts get them."""

from __future__ import annotations

from gateway.outbound.channels.channel import VENUE, Channel


class DropCopy(Channel):
    """Who gets the copies. `Fanout` puts them beside the reports, and sets `seq`: that of the last command."""

    name = "drop_copy"
    kind = VENUE
    is_public = False

"""English: the texts on what operators set while a venue runs."""

from __future__ import annotations

from typing import Final

ENGLISH_SETTINGS: Final[dict[str, str]] = {
    "instrument.quote": "{0} is paid for in {1}",
    "instrument.open": "the larger of both fees can't change while an order in {0} is open: it is set aside for each",
    "rates.address": "the rate of an address is that of every address: leave name out",
    "rates.are": "{0} units a second, {1} at once",
    "rates.both": "units_per_second and burst belong together",
    "rates.filed": "as the venue file says",
    "rates.range": "units_per_second must be from {0} to {1}, burst from as many to {2}",
    "rates.scope": "unknown scope of a rate",
    "time.forward": "time is moved forward alone, and this is not ahead of the venue's",
    "time.last": "time is moved up to 2100-01-01 at most",
    "time.most": "one command moves time by {0} days at most: send several",
    "time.reason": "say why the time is moved",
    "time.stays_test": "a venue for tests stays one",
    "time.test_only": "only the time of a venue for tests can be moved: its first start makes it one, by test = true under [venue]",
    "time.too_late": "only a venue without accounts can be made one for tests",
}
"""By template."""

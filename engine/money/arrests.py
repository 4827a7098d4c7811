"""What of a balance is arrested (ARR-1), frozen (FRZ-1) and available: all three follow from what papers and freezes claim.

What is not reserved is shared out: papers come first, a freeze gets of the rest what it covers, and what is left is available.
So an amount that is claimed by both counts as arrested, and is frozen again when the paper is lifted. Whatever becomes free is
shared out at once, as what is missing of the cover of futures is held at once; that comes before.
"""

from __future__ import annotations

from engine.book.claims import EVERYTHING, Arrest, Claim, Claims
from engine.book.entities import Balance


def share_out(balance: Balance) -> None:
    """Make the parts of what is not reserved what the claims say."""
    claims = balance.claims
    assert claims is not None
    pool = balance.available + balance.frozen + balance.arrested
    balance.arrested = min(claims.wanted - claims.lent, pool)
    balance.frozen = min(claims.frozen, pool - balance.arrested)
    balance.available = pool - balance.arrested - balance.frozen


def claim(balance: Balance, arrest: Arrest, amount: int) -> None:
    """Let a paper claim so much more of a balance. What there is of it is to be shared out."""
    claims = balance.claims
    if claims is None:
        claims = balance.claims = Claims(balance.frozen)
    found = claims.of(arrest)
    if found is None:
        claims.claims.append(Claim(arrest, amount))
    elif found.amount < EVERYTHING:
        found.amount += amount


def unclaim(balance: Balance, found: Claim) -> None:
    """Let a paper claim nothing of a balance any more, and share out what there is."""
    claims = balance.claims
    assert claims is not None
    claims.claims.remove(found)
    claims.lent = min(claims.lent, claims.for_sale)
    share_out(balance)
    if not claims.claims:
        balance.claims = None


def sellable(balance: Balance) -> int:
    """How much of what is arrested may be reserved for sales: not what another paper or a freeze needs."""
    claims = balance.claims
    if claims is None or not claims.for_sale:
        return 0
    forbidden = claims.wanted - claims.for_sale
    return max(balance.arrested + balance.frozen - claims.frozen - forbidden, 0)


def spendable(balance: Balance, freed: int, repaid: int) -> int:
    """What would be available if so much less were reserved, `repaid` of it for sales."""
    claims = balance.claims
    if claims is None:
        return balance.available + freed
    pool = balance.available + balance.frozen + balance.arrested + freed
    return max(pool - claims.frozen - claims.wanted + max(claims.lent - repaid, 0), 0)


def for_sale(balance: Balance, freed: int) -> int:
    """What sales could reserve if so much less were reserved for sales."""
    claims = balance.claims
    if claims is None:
        return balance.available + freed
    pool = balance.available + balance.frozen + balance.arrested + freed
    return max(pool - claims.frozen - claims.wanted + claims.for_sale, 0)


def lend(balance: Balance, amount: int) -> bool:
    """Make so much of what is arrested available to a sale that is about to reserve it; False, and nothing changed, if it may not be."""
    claims = balance.claims
    if claims is None or amount > sellable(balance):
        return False
    balance.arrested -= amount
    balance.available += amount
    claims.lent += amount
    return True


def repay(balance: Balance, amount: int) -> None:
    """Note that so much less is reserved for sales: what was arrested is given back first. What there is is to be shared out."""
    claims = balance.claims
    if claims is not None and claims.lent:
        claims.lent -= min(claims.lent, amount)


def sold(base: Balance, quote: Balance, amount: int, proceeds: int) -> None:
    """Let the proceeds be claimed in the place of what was sold; what was arrested is sold first. Papers are taken as they came."""
    claims = base.claims
    assert claims is not None
    left, arrested = proceeds, min(claims.lent, amount)
    claims.lent -= arrested
    for each in list(claims.claims):
        taken = min(each.amount, arrested)
        if not taken or not each.arrest.sales_allowed:
            continue
        if each.amount < EVERYTHING:
            each.amount -= taken
            if not each.amount:
                claims.claims.remove(each)
        arrested -= taken
        part = min(-(-proceeds * taken // amount), left)
        left -= part
        if part:
            claim(quote, each.arrest, part)
    share_out(base)
    if not claims.claims:
        base.claims = None


def check(balance: Balance, for_sale: int) -> None:
    """Assert that the parts of a balance are what is claimed of it; `for_sale`: what open sales have reserved."""
    assert balance.frozen >= 0 <= balance.arrested
    claims = balance.claims
    if claims is None:
        assert not balance.arrested
        return
    assert claims.claims and all(each.amount > 0 for each in claims.claims)
    assert 0 <= claims.lent <= min(for_sale, claims.for_sale), "more is lent than open sales have reserved"
    pool = balance.available + balance.frozen + balance.arrested
    assert balance.arrested == min(claims.wanted - claims.lent, pool), "another part is arrested than papers claim"
    assert balance.frozen == min(claims.frozen, pool - balance.arrested)

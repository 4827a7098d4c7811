"""The page of the rules, the part that no rulebook states: by which doors somebody comes to hold something."""

from __future__ import annotations

from typing import Final

DOORS: Final = """\

## Doors to a holding

One question stands behind every door: may this investor come to hold this? An order asks it of what comes in, on
either side of a book: whoever sells bitcoin for USDT buys USDT. A transfer between accounts of one investor is no
door.

| rule | order | transfer from another | settlement of a contract | issue | deposit |
|---|---|---|---|---|---|
| SAN-1 | both sides | yes, sender too | yes, sender too | yes | no: it may come in, and stays |
| ANON-1 | both sides | yes | yes | is not issued | yes: not with an origin either |
| INT-1 | yes | yes | no | yes | no |
| DER-1 | yes | yes | yes | yes | origin |
| SET-2, RET-2, ELR-1, ELR-2 (status), ELR-3 | yes | yes | no: SET-1 decides | yes | origin |
| RISK-1, RET-3, QUAL-1 | yes | yes | no | yes | no |
| DISC-1, SUIT-1 | yes | yes | no | yes | no |
| RET-1 | counted | retail: refused | no | retail: refused | no |
| RET-4 | yes | no: RET-1 refuses | no | no: RET-1 refuses | no |
| DER-3 | what a bank acquires | no | no | of a bank's own issue | no |
| DER-2, DER-4, ELR-2 (share), OPS-1 | yes | no | no | no | no |

* DER-1 is about securities on crypto prices. Of coins too, where the rulebook admits no spot trading: they come by no
  settlement, unless SET-1 stands there, by no issue, and as a deposit with their origin.
* DISC-1 is about issued assets whatever they follow, and is asked before one is listed, too. SUIT-1 is about
  everything but money, and futures on both sides.
* INT-1 is about everything but money; SET-2 also about a deposit of what only settles.
* *Settlement of a contract* is a cross-border transfer of a currency value. A security that is sent with that purpose
  is a transfer like any other.
* A transfer or an issue is as good as a purchase, but has no price: so retail receives nothing by it that RET-1 would
  count.
* A deposit is the investor's already, and no purchase: it counts for no cap. What its owner could not buy here comes
  in with its origin stated (*origin* above), which the journal keeps. A banned coin does not come in. It may leave.
* What a bank or financial firm has counts for DER-3 and ELR-2 (share) by whatever door it came, from then on. Too
  much of it bars no door but the market's.
* No door is closed to what lowers exposure: what can't be sold for roubles here may be sold for another asset. That
  counts as a purchase, and is not refused.

## What an instrument follows

A security says what its price follows: an asset of the venue by name, or by its word something that is no crypto, as
palladium. Rules on crypto do not concern what follows no crypto; SAN-1, INT-1 and OPS-1 do.

A security that does not say is taken for one on a crypto price, and RET-2 refuses it: its tier is not known. A note
or future follows its underlying; an index that is no asset of the venue is taken for one of crypto, too.

## Doors that stay open

By intent, and known:

* What a rulebook lets through by a parameter: `crypto_for_crypto_counted = false`, a cap `per_intermediary` with
  RET-4 off, a rule switched off.
* The class of an investor: what was bought while qualified is not counted later.
* Corrections by the operator: a higher price counts, and may pass the cap; net of sales, so may a sale that is undone.
* A rate that moves: an order counts at the rate of its check.
* A static band that moves up while a sale for another asset rests: it was reserved at the band of its check. Its fill
  counts at its price.
* Futures: nothing is acquired, so RET-1 counts none. DER-1 keeps retail out; where it is off, DER-4's limit for
  retail holds.
* Deposits, and what settles a contract (SET-1).
* A maker's rebate in a book priced in crypto, and the gains of a future priced in crypto.
* A sale of what has no rouble market, see above.
* An uncross in which two orders of one holder trade at once, one that closes and a reduce-only one: the second may
  open a position. Elsewhere an order that was let in because it closed is cancelled as soon as it would open.
"""

"""English: the texts of arrests, and of ways of holding. `gateway/words/english.py` has all the others."""

from __future__ import annotations

from typing import Final

ENGLISH_HOLDINGS: Final[dict[str, str]] = {
    "ARR-1.not_in_force": "rulebook {0} has no rule ARR-1 in force: nothing can be arrested",
    "CUST-1.mixed": "{0} and {1} are a client's account and {2}'s own, or the other way round: nothing may pass between them",
    "CUST-1.mixed_but": "{0} and {1} are a client's account and {2}'s own, or the other way round: between them only money may pass, for {3}",
    "CUST-1.outside": "{0} and {1} are a client's account and {2}'s own, or the other way round: clients' assets are kept apart",
    "CUST-1.own_client": "CUST-1: investor {0} is intermediary {1} itself: its own accounts are not held through it",
    "CUST-1.two": "CUST-1: investor {0} is intermediary {1} already",
    "CUST-1.way": "CUST-1: investor {0} is {1} and may not hold by {2}; open to such: {3}",
    "arrest.account": "account {0}",
    "arrest.all_assets": "all assets",
    "arrest.amount": "{0}",
    "arrest.amount_of": "an amount is of one asset: name it",
    "arrest.by": "{0} {1} are arrested (ARR-1): paper {2} of {3}, dated {4}, {5}",
    "arrest.by_several": "{0} {1} are arrested (ARR-1): paper {2} of {3}, dated {4}, {5}; and {6} more",
    "arrest.cancelled": "{0} {1} are arrested: paper {2} of {3}, dated {4}",
    "arrest.dated": "a paper's date is written YYYY-MM-DD, and not after today, {0}",
    "arrest.in_force": "paper {0} is in force already: lift it first, or give the number of another",
    "arrest.investor": "investor {0}",
    "arrest.lifted": "lifted",
    "arrest.most": "no more than {0} papers may be in force on one investor, and {1} in all",
    "arrest.no_accounts": "investor {0} has no account here",
    "arrest.no_rulebook": "no rulebook is in force: nothing can be arrested",
    "arrest.no_sales": "sales not allowed",
    "arrest.paper": "a paper needs its number, its authority and its date, each of at most {0} characters that can be seen",
    "arrest.part": "say a share from 1 to {0} millionths, or an amount",
    "arrest.sales": "sales allowed",
    "arrest.set": "{0} {1} of {2} arrested; paper of {3}, dated {4}, {5}",
    "arrest.share": "{0} % of",
    "arrest.unknown": "no paper {0} is in force",
    "arrest.whole": "all that is and comes, of",
    "arrest.whose": "name an investor or an account, one of the two",
    "custody.account": "unknown account {0}",
    "custody.held": "held by {0}",
    "custody.unknown": "unknown way of holding; there are {0}",
    "funds.arrested": "needs {0} {1}, available {2}; {3}",
    "funds.available_arrested": "available {0} {1}; {2}",
}

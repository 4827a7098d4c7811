"""English: the texts on participants and their keys."""

from __future__ import annotations

from typing import Final

ENGLISH_ACCESS: Final[dict[str, str]] = {
    "access.keeper": "it takes a participant in the role {0} to decide about the keys of one in the role {1}",
    "access.second": "while commands need a second approval, nobody adds to the keys of another {0}, so that one person is not two: "
    "name whoever is new in the venue file, and start the venue again",
    "key.above": "key {0} can't end key {1}, which has the scope {2}",
    "key.address": "key {0} may not be used from {1}, so a key made with it may not either",
    "key.addresses": "no more than {0} addresses or networks for one key, each once",
    "key.exists": "participant {0} has a key {1} already",
    "key.expires": "a key expires later than now, or never",
    "key.form": "a public key is {0} hexadecimal digits in lower case",
    "key.last": "it is the last key without an end with which a participant in the role {0} can do all of that role: register another one first",
    "key.longer": "a key made with key {0} can't outlive it",
    "key.most": "no more than {0} keys for one participant",
    "key.most_in_all": "no more than {0} keys in all",
    "key.none": "participant {0} has no key",
    "key.overlap": "a key that is replaced may go on for 0 to {0} days, and only if one is replaced",
    "key.reason": "a reason has no more than {0} characters",
    "key.replaced": "key {0} is being replaced already",
    "key.scope": "key {0} has not the scope {1}, so a key made with it can't have it either",
    "key.scopes": "the scopes of a key of a participant in the role {0}, each once: {1}",
    "key.space": "the name of a key has no spaces",
    "key.taken": "this public key is in force already: everybody has keys of their own",
    "key.unknown": "participant {0} has no key {1} in force",
    "key.was_ended": "this public key was in force and has ended: make a new one",
    "participant.exists": "participant {0} is registered already",
    "participant.most": "no more than {0} participants",
    "participant.role": "a participant is one of: {0}",
    "participant.unregistered": "no participant {0} is registered",
}

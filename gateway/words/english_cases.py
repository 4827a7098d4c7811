"""English: the texts on alerts, cases, disclosures and tests of products."""

from __future__ import annotations

from typing import Final

ENGLISH_CASES: Final[dict[str, str]] = {
    # Of the core.
    "alert.figure": "figure {0}: no more than {1} characters, all of which can be seen",
    "alert.figures": "no more than {0} figures in one alert",
    "alert.most": "{0} alerts wait: dismiss some, or open cases of them, first",
    "alert.most_of": "{1} alerts of {0} wait: dismiss some, or open cases of them, first",
    "alert.names": "no more than {0} investors, accounts or instruments in one alert",
    "alert.stretch": "first_seq {0} and last_seq {1} must be in order, within 1 to {2}",
    "alert.unknown": "no alert {0} waits",
    "case.about_nothing": "a case needs an investor, an instrument or evidence to be about",
    "case.evidence": "no more than {0} sequence numbers of evidence in one case",
    "case.merged": "merged names the case that this one becomes part of, with the outcome merged, and with no other",
    "case.most": "{0} cases are open: close some first",
    "case.names": "no more than {0} investors or instruments in one case",
    "case.nothing_new": "case {0} has all of that already",
    "case.other": "no other case {0} is open",
    "case.outcome": "the outcome must be one of {0}",
    "case.reason": "a reason is needed",
    "case.seq": "sequence number {0} is not in the journal: it has 1 to {1}",
    "case.seqs": "no more than {0} sequence numbers at once",
    "case.unknown": "no case {0} is open",
    "text.long": "{0} must be at most {1} characters",
    # Of the rules, and of the records they look at.
    "ABUSE-1.not_in_force": "ABUSE-1 is not in force under {0}: nothing is called abuse there",
    "ABUSE-1.term": "{0} is no term of ABUSE-1; known: {1}",
    "DISC-1.cover": "the cover of {0} is {1} %, least {2} %",
    "DISC-1.expired": "the disclosure of {0} counted only to {1}: its issuer publishes a new one first",
    "DISC-1.none": "no disclosure of {0} is on record: its issuer publishes one first, with a cover of {1} % or more",
    "case.no_rulebook": "no rulebook is in force: nothing is called abuse",
    "disclosure.cover": "cover_ppm must be from 0 to {0}",
    "disclosure.digest": "digest must be the SHA-256 of the document: 64 hexadecimal digits in lower case",
    "disclosure.kind": "{0} has no issuer here: only securities and domestic stablecoins have",
    "disclosure.no_end": "the next one",
    "disclosure.of": "{0}, SHA-256 {1}, cover {2} %, counts to {3}",
    "disclosure.title": "title must be one of at most {0} characters, all of which can be seen",
    "disclosure.until": "until must be a date YYYY-MM-DD, {0} or later, or left out",
}

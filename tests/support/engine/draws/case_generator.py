"""Random commands about alerts and cases: most of what there is, some of what there is not."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from tests.support.engine.draws.drawing import ACCOUNTS, SPOT, Drawing

TERMS = ("wash_trade", "layering")


class DrawsCases(Drawing):
    """The part of the generator that looks for abuse."""

    def case(self) -> commands.AnyCommand:
        kind = self.weighted(
            (4, self.raise_alert),
            (6, self.open_case),
            (4, self.add_evidence),
            (10 if self.venue.cases else 1, self.close_case),
            (6 if self.venue.alerts else 1, self.dismiss),
        )
        drawn: commands.AnyCommand = kind()
        return drawn

    def seqs(self) -> tuple[int, ...]:
        """Mostly of the past; seldom far too many, or of the future."""
        if self.once_in(40):
            return tuple(range(1, 202))
        last = max(self.venue.seq, 1)
        return tuple(1 + self.draw(last + (3 if self.once_in(8) else 0)) for _ in range(self.draw(4)))

    def names(self, choices: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.pick(*choices) for _ in range(self.draw(3)))

    def investors(self) -> tuple[str, ...]:
        if self.once_in(40):
            return tuple(f"i{number}" for number in range(101))
        return self.names(("one", "two", "three", "four"))

    def markets(self) -> tuple[str, ...]:
        return self.names((*SPOT, "DOGE/RUB") if self.once_in(8) else SPOT)

    def number(self, known: dict[int, object]) -> int:
        return self.pick(*known) if known and not self.once_in(12) else self.draw(500)

    def reason(self) -> str:
        return self.pick("seen", "seen", "seen", "seen", " ", "x" * 513)

    def raise_alert(self) -> commands.RaiseAlert:
        seqs = self.seqs()
        first, last = self.pick((0, 0), (min(seqs, default=0), max(seqs, default=0)), (3, 2))
        accounts = self.names((*(name for name, _, _ in ACCOUNTS), "nobody") if self.once_in(8) else ("a", "b", "c"))
        figures = self.pick({}, {"share": "70 %"}, {"share": "70 %", "trades": "12"})
        if self.once_in(30):
            figures = {str(number): "1" for number in range(17)}
        return commands.RaiseAlert(
            self.pick("wash", "layers", "" if self.once_in(10) else "wash"), "v1", self.pick(*TERMS), self.investors(), accounts,
            self.markets(), seqs, first, last, figures, "found", self.pick("eye", "sue"),
        )  # fmt: skip

    def open_case(self) -> commands.OpenCase:
        alert = self.number(dict(self.venue.alerts)) if self.draw(2) else 0
        reason = self.pick("looks so", "")
        return commands.OpenCase(
            self.pick(*TERMS), self.investors(), self.markets(), self.seqs(), alert, reason, self.pick("sue", "sam")
        )

    def add_evidence(self) -> commands.AddEvidence:
        case = self.number(dict(self.venue.cases))
        return commands.AddEvidence(
            case, self.seqs(), self.investors(), self.markets(), "more", self.pick("sue", "sam")
        )

    def close_case(self) -> commands.CloseCase:
        known = dict(self.venue.cases)
        # Two that are open are rare, so that they are merged whenever they can be.
        outcome = codes.MERGED if len(known) > 1 and self.once_in(3) else self.draw(6)
        merged = self.number(known) if outcome == codes.MERGED or self.once_in(10) else 0
        return commands.CloseCase(self.number(known), outcome, merged, self.reason(), self.pick("sue", "sam"))

    def dismiss(self) -> commands.DismissAlert:
        return commands.DismissAlert(self.number(dict(self.venue.alerts)), self.reason(), "sue")

"""Alerts and cases: what is suspected, on what evidence, and how that ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_TEXT_CHARS
from engine.vocabulary.messages import commands, events
from tests.reference.approval import Approval

MOST_CASES, MOST_ALERTS, MOST_OF_ONE = 1_000, 2_000, 400
MOST_SEQS, MOST_NAMED, MOST_NAMES, MOST_OF_ALERT, MOST_FIGURES = 1_000, 200, 100, 20, 16
LONGEST_NAME = 64


@dataclass
class RefCase:
    opened: commands.OpenCase
    seqs: list[int] = field(default_factory=list)
    investors: list[str] = field(default_factory=list)
    instruments: list[str] = field(default_factory=list)

    def put(self, seqs: list[int], investors: list[str], instruments: list[str]) -> None:
        for own, more in ((self.seqs, seqs), (self.investors, investors), (self.instruments, instruments)):
            for each in more:
                if each not in own:
                    own.append(each)  # type: ignore[arg-type]

    def copy(self) -> RefCase:
        return RefCase(self.opened, list(self.seqs), list(self.investors), list(self.instruments))

    @property
    def too_much(self) -> bool:
        return len(self.seqs) > MOST_SEQS or max(len(self.investors), len(self.instruments)) > MOST_NAMES


CaseCommand = (
    commands.OpenCase | commands.AddEvidence | commands.CloseCase | commands.RaiseAlert | commands.DismissAlert
)


class Cases(Approval):
    """What supervisors, and programs that look for abuse, do. Terms and investors are compliance's, which is not here."""

    def __init__(self) -> None:
        super().__init__()
        self.cases: dict[int, RefCase] = {}
        self.alerts: dict[int, commands.RaiseAlert] = {}

    def supervise(self, command: CaseCommand) -> None:
        match command:
            case commands.OpenCase():
                code = self.open_case(command)
            case commands.AddEvidence():
                code = self.add_evidence(command)
            case commands.CloseCase():
                code = self.close_case(command)
            case commands.RaiseAlert():
                code = self.raise_alert(command)
            case commands.DismissAlert():
                code = self.dismiss_alert(command)
        if code:
            self.refuse_command(code)

    # ── what may be named ──────────────────────────────────────────────────────────────────────────────────────────

    def wrong_seqs(self, seqs: tuple[int, ...]) -> bool:
        return len(seqs) > MOST_NAMED or any(not 1 <= seq < self.seq for seq in seqs)

    def wrong_names(self, investors: tuple[str, ...], instruments: tuple[str, ...]) -> int:
        if len(investors) > MOST_NAMES or len(instruments) > MOST_NAMES:
            return codes.INVALID
        return 0 if all(name in self.instruments for name in instruments) else codes.UNKNOWN_INSTRUMENT

    @staticmethod
    def wrong_name(name: str) -> bool:
        return not 1 <= len(name) <= LONGEST_NAME

    @staticmethod
    def wrong_text(text: str) -> bool:
        return len(text) > MAX_TEXT_CHARS

    # ── cases ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def open_case(self, command: commands.OpenCase) -> int:
        if len(self.cases) >= MOST_CASES or (command.alert and command.alert not in self.alerts):
            return codes.INVALID
        if self.wrong_text(command.reason) or self.wrong_name(command.term) or self.wrong_seqs(command.seqs):
            return codes.INVALID
        code = self.wrong_names(command.investors, command.instruments)
        if code:
            return code
        case = RefCase(command)
        if command.alert:
            told = self.alerts[command.alert]
            case.put(list(told.seqs), list(told.investors), list(told.instruments))
        case.put(list(command.seqs), list(command.investors), list(command.instruments))
        if case.too_much or not (case.seqs or case.investors or case.instruments):
            return codes.INVALID
        self.alerts.pop(command.alert, None)
        self.cases[self.seq] = case
        named = tuple(case.investors), tuple(case.instruments), tuple(case.seqs)
        self.emit(events.CaseOpened(self.seq, command.term, *named, command.alert, command.reason, command.by))
        return 0

    def add_evidence(self, command: commands.AddEvidence) -> int:
        if command.case not in self.cases or self.wrong_text(command.note) or self.wrong_seqs(command.seqs):
            return codes.INVALID
        code = self.wrong_names(command.investors, command.instruments)
        if code:
            return code
        before = self.cases[command.case]
        after = before.copy()
        after.put(list(command.seqs), list(command.investors), list(command.instruments))
        if after == before or after.too_much:
            return codes.INVALID
        new = (
            tuple(after.seqs[len(before.seqs) :]),
            tuple(after.investors[len(before.investors) :]),
            tuple(after.instruments[len(before.instruments) :]),
        )
        self.cases[command.case] = after
        self.emit(events.EvidenceAdded(command.case, *new, command.note, command.by, len(after.seqs)))
        return 0

    def close_case(self, command: commands.CloseCase) -> int:
        case = self.cases.get(command.case)
        if case is None or not command.reason.strip() or self.wrong_text(command.reason):
            return codes.INVALID
        if not 0 <= command.outcome <= codes.MERGED or (command.outcome == codes.MERGED) != bool(command.merged):
            return codes.INVALID
        if command.merged:
            if command.merged == command.case or command.merged not in self.cases:
                return codes.INVALID
            whole = self.cases[command.merged].copy()
            whole.put(case.seqs, case.investors, case.instruments)
            if whole.too_much:
                return codes.INVALID
            self.cases[command.merged] = whole
        del self.cases[command.case]
        opened = case.opened
        said = opened.term, opened.by, command.by, command.reason, len(case.seqs)
        self.emit(events.CaseClosed(command.case, command.outcome, command.merged, *said))
        return 0

    # ── alerts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def raise_alert(self, command: commands.RaiseAlert) -> int:
        of_one = [each for each in self.alerts.values() if each.detector == command.detector]
        if len(self.alerts) >= MOST_ALERTS or len(of_one) >= MOST_OF_ONE:
            return codes.INVALID
        if any(self.wrong_name(name) for name in (command.detector, command.version, command.term)):
            return codes.INVALID
        if self.wrong_text(command.note) or self.wrong_seqs(command.seqs):
            return codes.INVALID
        stretch = command.first_seq, command.last_seq
        if stretch != (0, 0) and not 1 <= command.first_seq <= command.last_seq < self.seq:
            return codes.INVALID
        if max(map(len, (command.investors, command.accounts, command.instruments))) > MOST_OF_ALERT:
            return codes.INVALID
        if any(account not in self.accounts for account in command.accounts):
            return codes.UNKNOWN_ACCOUNT
        code = self.wrong_names((), command.instruments)
        if code:
            return code
        figures = command.figures
        if len(figures) > MOST_FIGURES or any(self.wrong_name(name) for name in figures):
            return codes.INVALID
        if any(len(value) > LONGEST_NAME for value in figures.values()):
            return codes.INVALID
        self.alerts[self.seq] = command
        self.emit(
            events.AlertRaised(
                self.seq, command.detector, command.version, command.term, command.investors, command.accounts,
                command.instruments, command.seqs, *stretch, figures, command.note, command.by,
            )
        )  # fmt: skip
        return 0

    def dismiss_alert(self, command: commands.DismissAlert) -> int:
        alert = self.alerts.get(command.alert)
        if alert is None or not command.reason.strip() or self.wrong_text(command.reason):
            return codes.INVALID
        del self.alerts[command.alert]
        said = alert.detector, alert.term, alert.by, command.by, command.reason
        self.emit(events.AlertDismissed(command.alert, *said))
        return 0

"""The reports kept for clients that reconnect: the last ones of each account, and no more than so many of all accounts."""

from __future__ import annotations

from collections import deque
from typing import Final

from engine.vocabulary.limits import MAX_KEPT_REPORTS, MAX_RECENT_REPORTS
from gateway.outbound.private_reports.report import PrivateReport


class RecentReports:
    """What is kept of each account's reports.

    An account that has come to 2, 4, 8, ... reports is counted as what it may keep until the next such step; so hardly any
    report is counted by itself. Where that is more than there may be, an account of those with the most loses the older
    half of what it has, the one that has had so many for longest first. The last report of an account always stays.
    """

    def __init__(self) -> None:
        self._reports: Final[dict[str, deque[PrivateReport]]] = {}
        self._by_size: Final[list[dict[str, None]]] = [{} for _ in range(MAX_RECENT_REPORTS.bit_length())]
        """Accounts by the binary logarithm of how many reports they have, from the second report on."""
        self._counted = 0
        self._missing: Final[dict[str, int]] = {}
        """By account: how many reports there were before the first that could be kept."""

    def open(self, account: str) -> None:
        """An account is new."""
        self._reports[account] = deque(maxlen=MAX_RECENT_REPORTS)

    def miss(self, account: str, count: int) -> None:
        """An account that was just opened had so many reports; none of them is here."""
        self._missing[account] = count

    def missing(self, account: str) -> int:
        """How many reports of an account there were before the first that could be kept."""
        return self._missing.get(account, 0)

    def last_seq(self, account: str) -> int:
        """The number of an account's last report, whether it is kept or not."""
        recent = self._reports[account]
        return recent[-1].seq if recent else self._missing.get(account, 0)

    def of(self, account: str) -> deque[PrivateReport]:
        """What is kept of an account, oldest first."""
        return self._reports[account]

    def add(self, report: PrivateReport) -> None:
        """Keep an account's next report. O(1) over time; at most what half of an account's reports take to forget."""
        recent = self._reports[report.account]
        recent.append(report)
        size = len(recent)
        if not size & (size - 1):
            self._grown(report.account, size.bit_length() - 1)

    def _grown(self, account: str, step: int) -> None:
        """An account has come to 2**step reports."""
        if step == 0 or account in self._by_size[step]:
            return
        self._by_size[step - 1].pop(account, None)
        self._by_size[step][account] = None
        self._counted += _counted(step) - _counted(step - 1)
        while self._counted > MAX_KEPT_REPORTS:
            self._forget()

    def _forget(self) -> None:
        """Forget the older half of what one of the accounts with the most has."""
        step = max(step for step, accounts in enumerate(self._by_size) if accounts)
        account = next(iter(self._by_size[step]))
        del self._by_size[step][account]
        recent = self._reports[account]
        for _ in range(len(recent) - (1 << step - 1)):
            recent.popleft()
        if step > 1:
            self._by_size[step - 1][account] = None
        self._counted -= _counted(step) - _counted(step - 1)


def _counted(step: int) -> int:
    """What an account with 2**step reports or more is counted as; one with a single report as nothing."""
    return min(2 << step, MAX_RECENT_REPORTS) if step else 0

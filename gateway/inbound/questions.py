"""Questions have a share of each turn of their own, beside the commands: connections that ask have it piece by piece, in turn."""

from __future__ import annotations

from bisect import insort
from collections import Counter, deque
from itertools import chain
from typing import Final

from engine.vocabulary.limits import ANSWER_PIECE_STEPS, MAX_ANSWER_STEPS
from gateway.inbound.history.past import PARKED
from gateway.inbound.queries import Answers
from gateway.inbound.session import Session


class Questions:
    """The sessions whose questions may be answered, and what of a turn is left for them.

    A question waits for the commands that its connection sent before it, and for the answers to its questions before it.
    Each connection has as much work done for it as any other: what a piece takes beyond a connection's turn, its next turns
    go without. Who leaves too much unread is passed over until it has read: then it is submitted again.

    Participants who ask now and then don't wait behind all who ask without end: whose only question that is, and who owes
    nothing, has a turn at once, every second one. What is left to answer then waits among the others.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers: Final = answers
        self._fresh: Final[deque[Session]] = deque()
        """Those of participants who had asked nothing before."""
        self._asking: Final[deque[Session]] = deque()
        """All others. The first one is next, in both."""
        self._participants: Final[Counter[str]] = Counter()
        """How many connections of each are asking."""
        self._shares = 0
        """How many have begun."""
        self._left = 0
        """Steps; below zero: what the last turn took beyond its share."""

    @property
    def are_waiting(self) -> bool:
        """Whether there is anything to answer."""
        return bool(self._asking or self._fresh)

    @property
    def are_fresh_waiting(self) -> bool:
        """Whether there is a question of a participant who had asked nothing before."""
        return bool(self._fresh)

    @property
    def waiting(self) -> int:
        """How many questions wait. O(sessions)."""
        return sum(len(session.questions) for session in chain(self._fresh, self._asking))

    def submit(self, session: Session) -> None:
        """Note that a session has questions, or can take more of its answer."""
        if session.is_asking:
            return
        session.is_asking = True
        # What it took too much, others have had since, each as much as any.
        since = (self._shares - session.left_at) * MAX_ANSWER_STEPS // (len(self._asking) + 1)
        session.steps_left = min(session.steps_left + since, 0)
        name = session.asks_as = "" if session.participant is None else session.participant.participant
        is_fresh = bool(name) and not self._participants[name] and session.steps_left >= 0 and not session.is_owing
        self._participants[name] += 1
        (self._fresh if is_fresh else self._asking).append(session)

    def drop(self) -> None:
        """Answer none of those that wait."""
        for session in chain(self._fresh, self._asking):
            session.drop_questions()
            self._leave(session)
        self._fresh.clear()
        self._asking.clear()

    def answer(self) -> None:
        """Spend the share of a turn. Its last piece may pass it; the next turns pay for that."""
        self._left = min(self._left, 0) + MAX_ANSWER_STEPS
        self._shares += 1
        asking, fresh = self._asking, self._fresh
        waiting: list[Session] = []
        is_turn_of_fresh = True
        while (asking or fresh) and self._left > 0:
            first, then = (fresh, asking) if is_turn_of_fresh else (asking, fresh)
            is_turn_of_fresh = not is_turn_of_fresh
            session = (first or then).popleft()
            if session.is_backed_up or not session.questions:
                session.put_off_answer()
                self._leave(session)
            elif session.taken < session.questions[0][1]:
                # Its commands were too many for this turn.
                self._left -= 1
                waiting.append(session)
            else:
                is_parked = self._visit(session)
                if session.questions and not is_parked:
                    asking.append(session)
                else:
                    self._leave(session)
        asking.extend(waiting)

    def _leave(self, session: Session) -> None:
        """It asks nothing more for now."""
        session.is_asking = False
        session.left_at = self._shares
        name = session.asks_as
        self._participants[name] -= 1
        if not self._participants[name]:
            del self._participants[name]

    def _visit(self, session: Session) -> bool:
        """Give a session its turn: so many steps, less what it took too much before; returns whether its answer waits for others."""
        session.steps_left = min(session.steps_left, 0) + ANSWER_PIECE_STEPS
        while session.steps_left > 0 and session.questions and session.taken >= session.questions[0][1]:
            steps = self._piece(session)
            if steps == PARKED:
                return True
            session.steps_left -= steps
            self._left -= steps
        return False

    def _piece(self, session: Session) -> int:
        """Make a piece of a session's answer, or of its next one; returns the steps it took, or `PARKED`."""
        answer = session.answer
        if answer is None:
            begun = self._answers.begin(session, session.questions[0][0])
            if isinstance(begun, int):
                self._end(session)
                return begun
            session.answer = answer = begun
        try:
            return next(answer)
        except StopIteration as last:
            session.answer = None
            self._end(session)
            steps: int = last.value
            return steps

    @staticmethod
    def _end(session: Session) -> None:
        """The answer is in the outbox."""
        _, _, received_ns = session.questions.popleft()
        if received_ns:
            # Commands that came after it may have been carried out already.
            insort(session.answered_ns, received_ns)

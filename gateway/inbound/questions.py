"""Questions have a share of each turn of their own, beside the commands: connections that ask have it piece by piece, in turn."""

from __future__ import annotations

from bisect import insort
from collections import deque
from typing import Final

from engine.vocabulary.limits import ANSWER_PIECE_STEPS, MAX_ANSWER_STEPS
from gateway.inbound.queries import Answers
from gateway.inbound.session import PARKED, Session


class Questions:
    """The sessions whose questions may be answered, and what of a turn is left for them.

    A question waits for the commands that its connection sent before it, and for the answers to its questions before it.
    Each connection has as much work done for it as any other: what a piece takes beyond a connection's turn, its next turns
    go without. Who leaves too much unread is passed over until it has read: then it is submitted again.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers: Final = answers
        self._asking: Final[deque[Session]] = deque()
        """The first one is next."""
        self._left = 0
        """Steps; below zero: what the last turn took beyond its share."""

    @property
    def are_waiting(self) -> bool:
        """Whether there is anything to answer."""
        return bool(self._asking)

    @property
    def waiting(self) -> int:
        """How many questions wait. O(sessions)."""
        return sum(len(session.questions) for session in self._asking)

    def submit(self, session: Session) -> None:
        """Note that a session has questions, or can take more of its answer."""
        if not session.is_asking:
            session.is_asking = True
            self._asking.append(session)

    def drop(self) -> None:
        """Answer none of those that wait."""
        for session in self._asking:
            session.drop_questions()
            session.is_asking = False
        self._asking.clear()

    def answer(self) -> None:
        """Spend the share of a turn. Its last piece may pass it; the next turns pay for that."""
        self._left = min(self._left, 0) + MAX_ANSWER_STEPS
        asking = self._asking
        waiting: list[Session] = []
        while asking and self._left > 0:
            session = asking.popleft()
            if session.is_backed_up or not session.questions:
                session.put_off_answer()
                session.is_asking = False
            elif session.taken < session.questions[0][1]:
                # Its commands were too many for this turn.
                self._left -= 1
                waiting.append(session)
            else:
                is_parked = self._visit(session)
                if session.questions and not is_parked:
                    asking.append(session)
                else:
                    session.is_asking = False
        asking.extend(waiting)

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

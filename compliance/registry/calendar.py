"""Moscow's civil calendar in integers. No clock is read: time is a value on the command.

Moscow has been at UTC+3 without daylight saving since 26.10.2014, so a day is always 86 400 seconds. The date
arithmetic is the usual one on 400-year eras of 146 097 days, whose years begin on 1 March so that the leap day is last.
"""

from __future__ import annotations

from engine.vocabulary.days import midnight_ns, moscow_day

DAYS_PER_ERA = 146_097
EPOCH_SHIFT = 719_468
"""Days from 0000-03-01 to 1970-01-01."""
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the Gregorian calendar; negative before it."""
    from_march = year if month > 2 else year - 1
    era = from_march // 400
    year_of_era = from_march - era * 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * DAYS_PER_ERA + day_of_era - EPOCH_SHIFT


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month and day of the date that is `days` after 1970-01-01."""
    shifted = days + EPOCH_SHIFT
    era = shifted // DAYS_PER_ERA
    day_of_era = shifted - era * DAYS_PER_ERA
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    return year_of_era + era * 400 + (1 if month <= 2 else 0), month, day


def iso_date(days: int) -> str:
    """The date that is `days` after 1970-01-01, as YYYY-MM-DD."""
    year, month, day = civil_from_days(days)
    return f"{year:04d}-{month:02d}-{day:02d}"


def parse_iso_date(text: str) -> int | None:
    """Days from 1970-01-01 to a date written YYYY-MM-DD; None if it isn't one."""
    if len(text) != 10 or not text.isascii() or text[4] != "-" or text[7] != "-":
        return None
    digits = text[:4] + text[5:7] + text[8:]
    if not digits.isdigit():
        return None
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    if year < 1 or not 1 <= month <= 12:
        return None
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= MONTH_DAYS[month - 1] + (1 if leap else 0):
        return None
    return days_from_civil(year, month, day)


def moscow_year(time_ns: int) -> int:
    """The Moscow calendar year of a time (nanoseconds since the epoch, UTC)."""
    return civil_from_days(moscow_day(time_ns))[0]


def moscow_midnight_ns(year: int, month: int, day: int) -> int:
    """When a Moscow date begins, in nanoseconds since the epoch, UTC."""
    return midnight_ns(days_from_civil(year, month, day))


class MoscowYears:
    """Tells the Moscow year of times that mostly fall in the same one: two comparisons instead of the arithmetic."""

    def __init__(self) -> None:
        self._year: int = 0
        self._first_day: int = 0
        self._begins_ns: int = 0
        self._ends_ns: int = 0

    def of(self, time_ns: int) -> int:
        """The Moscow year of a time (nanoseconds since the epoch, UTC)."""
        if not self._begins_ns <= time_ns < self._ends_ns:
            self._year = moscow_year(time_ns)
            self._first_day = days_from_civil(self._year, 1, 1)
            self._begins_ns = moscow_midnight_ns(self._year, 1, 1)
            self._ends_ns = moscow_midnight_ns(self._year + 1, 1, 1)
        return self._year

    def first_day(self, time_ns: int) -> int:
        """The 1 January of a time's Moscow year, in days from 1970-01-01."""
        self.of(time_ns)
        return self._first_day

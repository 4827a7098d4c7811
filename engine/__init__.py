"""The deterministic core: books, matching, clearing, the journal's record format and replay. No I/O, no clock, no floats."""

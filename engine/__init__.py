"""The deterministic core: books, matching, clearing, record format, replay. No I/O, no clock, no floats."""

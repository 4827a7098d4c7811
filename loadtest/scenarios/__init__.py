"""The tables of tests/scenarios, read and run."""

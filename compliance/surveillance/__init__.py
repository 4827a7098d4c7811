"""Surveillance: what looks like abuse in a stream of commands and events. It reads, and decides nothing (ABUSE-1)."""

"""Journals, venues and scripts of a server for the tests of the gateway."""

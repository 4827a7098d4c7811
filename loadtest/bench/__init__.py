"""Benchmarks of the book, the core and the gateway, beside other engines and other revisions."""

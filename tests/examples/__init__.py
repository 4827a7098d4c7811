"""The programs of the examples and the blocks of docs/CLIENT.md, each run against a venue."""

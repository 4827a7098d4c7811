"""The index beside a journal: which rows are about what, and where they stand. Rebuilt from the journal, never trusted over it."""

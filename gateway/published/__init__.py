"""The protocol as others read it: the AsyncAPI document, the catalogue of errors, and what changed between two releases."""

"""The journal's format: rows of commands and events, and the segments that hold them."""

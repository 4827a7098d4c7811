"""The catalogues of gateway/words/locale: what they must have, collected from the sources, and how they are written."""

"""A recorded session as a place to walk in: what happened, found in its journal and returned as data."""

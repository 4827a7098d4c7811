"""Abuse planted in ordinary flow, and how well the detectors tell the two apart."""

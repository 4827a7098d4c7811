"""Surveillance of a journal, recorded or growing: what detectors report, drawn, and sent to the venue as alerts."""

"""The detectors, one file each: definition, parameters, source, and what it misses."""

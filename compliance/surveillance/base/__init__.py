"""What all detectors share: what they see of the venue, what they are told, how they say what they found."""

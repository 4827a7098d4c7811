"""A whole venue with simulated participants, from start to replay."""

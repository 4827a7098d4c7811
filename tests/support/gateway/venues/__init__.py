"""The small venue for tests and what may be on it, mistakes in its file, its metrics, and two years of a retail investor."""

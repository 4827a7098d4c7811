"""What a venue counts of itself while it runs, and how that is told to Prometheus."""

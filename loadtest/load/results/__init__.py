"""What a run of `sbx load` comes to: histograms, the result that is kept as JSON, and what is made of several."""

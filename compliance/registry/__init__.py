"""What is known of investors, intermediaries, assets and days."""

"""What the core says, in words: catalogues of templates, and the titles of rules."""

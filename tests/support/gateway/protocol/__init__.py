"""Messages right and wrong, the verbs that send them, and the published schemas and pages that they are held to."""

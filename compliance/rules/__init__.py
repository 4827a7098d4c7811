"""The rules: what each looks at, and what it decides."""

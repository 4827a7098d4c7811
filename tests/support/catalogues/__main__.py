"""Bring the catalogues up to date with the sources: `make words`. Says what is left to translate."""

from __future__ import annotations

from gateway.words.language import DOMAINS
from tests.support.catalogues.collected import collected
from tests.support.catalogues.files import brought_up_to_date, untranslated, write


def main() -> None:
    """Write every catalogue, and compile it."""
    for domain in DOMAINS:
        catalogue = brought_up_to_date(domain, collected(domain))
        write(domain, catalogue)
        missing = untranslated(catalogue)
        print(f"{domain}: {len(catalogue)} texts, {len(missing)} to translate")


if __name__ == "__main__":
    main()

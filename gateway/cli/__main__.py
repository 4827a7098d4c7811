"""`python -m gateway.cli` is `sbx`."""

from gateway.cli.main import main

if __name__ == "__main__":
    main()

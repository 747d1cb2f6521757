"""`python -m cli` is `sessiond`."""

from cli.main import main

main()

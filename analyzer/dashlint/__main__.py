"""``python -m dashlint``."""

from dashlint.cli.main import main

main()

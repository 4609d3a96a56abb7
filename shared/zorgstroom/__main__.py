"""``python -m zorgstroom``: the same as the command ``zorgstroom``."""

from zorgstroom.cli import main

if __name__ == "__main__":
    main()

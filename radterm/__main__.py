"""`python -m radterm` is the same as `radterm`."""

from __future__ import annotations

import sys

from radterm.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""``python -m tools.docs`` writes the pages that are made from the code; ``--check`` compares them."""

import argparse
import sys

from tools.docs.pages import PAGES, stale, write


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if a page is stale")
    old = stale()
    if parser.parse_args().check:
        for path in old:
            print(f"{path} is not what the code says now; run `make docs`")
        return 1 if old else 0
    for path in old:
        write(path)
        print(f"wrote {path}")
    print(f"{len(PAGES)} pages are up to date")
    return 0


sys.exit(main())

"""``python -m bench [NAME ...]``: run the benchmarks and print a table for each."""

import importlib
import sys

NAMES = (
    "listing",
    "refresh",
    "life",
    "latency",
    "ready",
    "pairs",
    "page",
    "paddles",
    "inventory",
    "drivers",
    "workers",
    "datasets",
    "moves",
    "help",
)


def main(names: list[str]) -> int:
    wrong = [name for name in names if name not in NAMES]
    if wrong:
        print(f"no benchmark {wrong[0]!r}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in names or NAMES:
        module = importlib.import_module(f"bench.{name}")
        print(f"\n## {name}: {module.__doc__.splitlines()[0]}\n", flush=True)
        module.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

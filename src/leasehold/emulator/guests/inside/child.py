"""What every fork here does: its own work, and then never return into its parent's loop."""

import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn


def be_child(work: Callable[[], int]) -> NoReturn:
    """In a forked child: end with what ``work`` returns, or with 1 and the reason on stderr."""
    status = 1
    try:
        status = work()
        sys.stdout.flush()
    except OSError as error:
        print(error, file=sys.stderr, flush=True)
    except BaseException:  # noqa: BLE001 - a fork must not unwind into its parent's code
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)

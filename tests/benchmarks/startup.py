"""Wall time of classifying one message from the shell, beside that of importing scikit-learn."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 11
BIN = Path(sys.executable).parent
OURS = [str(BIN / "cancel-triage"), "classify", "Please cancel my order, I bought it twice", "--marketplace", "US"]
PEER = [sys.executable, "-c", "import sklearn"]


def wall(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    wall(OURS), wall(PEER)  # warm the file cache
    pairs = [(wall(OURS), wall(PEER)) for _ in range(RUNS)]
    ratios = [a / b for a, b in pairs]
    print(f"runs: {RUNS}, in turn")
    print(f"classify one message: median {statistics.median(a for a, _ in pairs):.2f} s")
    print(f"import sklearn:       median {statistics.median(b for _, b in pairs):.2f} s")
    print(f"ratio: median {statistics.median(ratios):.2f} (min {min(ratios):.2f}, max {max(ratios):.2f}); goal 1.5")


if __name__ == "__main__":
    main()

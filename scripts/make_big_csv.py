"""Writes a large table of five columns (task, y, x1, x2, x3) in random order of tasks, the same at every run.

    python3 scripts/make_big_csv.py /tmp/big.csv [ROWS [TASKS]]
"""

import sys

import numpy as np


def main() -> None:
    path = sys.argv[1]
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
    tasks = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
    random = np.random.Generator(np.random.Philox(20240101))
    step = 200_000
    with open(path, "w", encoding="ascii") as file:
        file.write("task,y,x1,x2,x3\n")
        for first in range(0, rows, step):
            count = min(step, rows - first)
            task = random.integers(tasks, size=count)
            x = random.standard_normal((count, 3))
            y = 1.0 + x @ [0.5, -0.25, 2.0] + 0.001 * task + random.standard_normal(count)
            values = np.column_stack([y, x]).tolist()
            file.writelines(
                f"t{j},{row[0]!r},{row[1]!r},{row[2]!r},{row[3]!r}\n" for j, row in zip(task.tolist(), values)
            )


if __name__ == "__main__":
    main()

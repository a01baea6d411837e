#!/usr/bin/env python3
"""Writes Tests/Fixtures/npz: small arrays as NumPy itself saves them, for the tests of the reader.

    python3 -m venv .venv
    .venv/bin/pip install numpy==2.4.6
    .venv/bin/python scripts/make_npz_fixtures.py

Tests/Fixtures/README.md says what each file holds. The same NumPy writes the same bytes.
"""

import io
import pathlib
import warnings
import zipfile

import numpy as np

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures/npz"

TASK = np.array([0, 1, 0, 1, 0, 1])
SIGNED = [-2, -1, 0, 1, 2, 100]
UNSIGNED = [0, 1, 2, 3, 4, 200]
TEXTS = ["b", "a", "größe", "a", "", "😀x"]


def typed() -> dict[str, np.ndarray]:
    """Every type, in both orders of its bytes: `f8l` is little-endian."""
    arrays = {"task": TASK}
    for name, values in [("f", SIGNED), ("i", SIGNED), ("u", UNSIGNED)]:
        for size in [2, 4, 8] if name == "f" else [1, 2, 4, 8]:
            for letter, order in [("l", "<"), ("b", ">")]:
                scale = 0.25 if name == "f" else 1
                arrays[f"{name}{size}{letter}"] = (np.array(values) * scale).astype(f"{order}{name}{size}")
    arrays["flag"] = np.array([False, True, True, False, True, False])
    arrays["bytes"] = np.array([text.encode() for text in TEXTS])
    arrays["textl"] = np.array(TEXTS).astype("<U9")
    arrays["textb"] = np.array(TEXTS).astype(">U9")
    arrays["large"] = np.array([2**53 + 1, 2**53 + 2, 2**53 + 3, -(2**63), 2**63 - 1, 0])
    arrays["missing"] = np.array([1.5, np.nan, 2.5, np.inf, -np.inf, 3.5])
    return arrays


def tables() -> dict[str, np.ndarray]:
    """A matrix in both orders of its elements, and of their bytes."""
    matrix = np.arange(18, dtype=float).reshape(6, 3)
    return {
        "task": TASK,
        "C": matrix,
        "F": np.asfortranarray(matrix),
        "Cb": matrix.astype(">f4"),
        "Fb": np.asfortranarray(matrix.astype(">i2")),
        "one": matrix[:, :1],
        "T": matrix.reshape(3, 6).T,
    }


def records(align: bool = False) -> np.ndarray:
    kind = np.dtype([("task", "<i4"), ("flag", "?"), ("y", ">f8"), ("name", "U3"), ("code", "S2")], align=align)
    rows = [(task, task == 1, 0.5 * row, "xyz"[: row % 4], b"ab"[: row % 3]) for row, task in enumerate(TASK)]
    return np.array(rows, dtype=kind)


def small() -> dict[str, np.ndarray]:
    """The small table of Tests/CommandTests/SmallTable.swift."""
    y = [1.1, 3.0, 2.9, 2.1, 5.0, 0.9, 7.1, 0.1, 8.9, -1.1, 11.0, -1.9]
    return {
        "task": np.array(list("abababababab")),
        "group": np.array(list("uuvvuuvvuwww")),
        "x": np.repeat(np.arange(6), 2),
        "y": np.array(y),
    }


def write_versions() -> None:
    for version in [(1, 0), (2, 0), (3, 0)]:
        with open(FIXTURES / f"version{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, records(), version=version)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.save(FIXTURES / "unicode.npy", np.array([(1, 2.0)], dtype=[("task", "i8"), ("größe", "f8")]))


def repacked(method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, array in [("task", TASK), ("y", np.arange(6.0))]:
            data = io.BytesIO()
            np.save(data, array)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), data.getvalue(), method)
    return buffer.getvalue()


class Pipe(io.RawIOBase):
    """A stream that cannot go back, so that sizes follow the members."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.data += bytes(data)
        return len(data)


def activities() -> dict[str, np.ndarray]:
    """Six people of 24 rows, told apart by their first features: all alike, but for the last two."""
    rng = np.random.default_rng(1)
    subject = np.arange(144) % 6 + 1
    activity = np.arange(144) // 6 % 6 + 1
    rows = rng.normal(size=(144, 5))
    rows[:, 0] += 3 * (activity == 4)
    rows[:, 1] += 3 * (activity == 4) * np.where(subject > 4, -1, 1)
    return {"X": rows.astype(np.float32), "activity": activity, "subject": subject}


def main() -> None:
    FIXTURES.mkdir(parents=True, exist_ok=True)
    np.savez(FIXTURES / "types.npz", **typed())
    np.savez_compressed(FIXTURES / "types_deflated.npz", **typed())
    np.savez(FIXTURES / "tables.npz", **tables())
    np.savez_compressed(FIXTURES / "tables_deflated.npz", **tables())
    np.save(FIXTURES / "table.npy", tables()["F"])
    np.savez_compressed(FIXTURES / "records.npz", rows=records(), padded=records(align=True)[["task", "y"]])
    np.savez(FIXTURES / "padded.npz", padded=records(align=True))
    np.savez_compressed(FIXTURES / "small.npz", **small())
    np.savez_compressed(FIXTURES / "activities.npz", **activities())
    write_versions()
    np.savez(
        FIXTURES / "refused.npz", allow_pickle=True, task=TASK, y=np.arange(6.0),
        objects=np.array([1, "a", None, 2, 3, 4], dtype=object), day=np.arange(6).astype("M8[D]"),
        span=np.arange(6).astype("m8[s]"), complex=np.arange(6) * 1j, long=np.zeros(6, dtype=np.longdouble),
        cube=np.zeros((6, 2, 2)), scalar=np.float64(3), short=np.arange(5.0), empty=np.zeros(0),
        nested=np.zeros(6, dtype=[("inner", [("a", "f8")]), ("list", "f8", (2,))]), matrix=np.zeros((6, 2)),
        **{"folder/z": np.arange(6.0)})
    pipe = Pipe()
    np.savez_compressed(pipe, task=TASK, y=np.arange(6.0))
    (FIXTURES / "streamed.npz").write_bytes(pipe.data)
    (FIXTURES / "bzip2.npz").write_bytes(repacked(zipfile.ZIP_BZIP2))
    (FIXTURES / "lzma.npz").write_bytes(repacked(zipfile.ZIP_LZMA))
    # As if every size and count were too large for 32 and 16 bits.
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 1, 1
    (FIXTURES / "zip64.npz").write_bytes(repacked(zipfile.ZIP_DEFLATED))
    for path in sorted(FIXTURES.iterdir()):
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main()

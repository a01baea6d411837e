#!/usr/bin/env python3
"""Writes Tests/Fixtures/students.csv, students who are made up, and students.json: what NumPy finds of them.

    python3 -m venv .venv
    .venv/bin/pip install numpy==2.4.6
    .venv/bin/python scripts/make_student_fixture.py

The columns are those of PISA 2003 as `kindred reproduce molar table2` reads them. Some are made to be dropped: `desk` is the
same throughout one country, all of another miss `dishwasher`, `mother_educ` has a level that one country lacks,
`father_educ` has one level, and `internet` is almost always `computer`. The fixture holds the names of the features that
are left, each country's least-squares coefficients less their median over countries, which of these are more than six
roots of the diagonal of the inverse Gram, and the standard deviations of errors.
"""

import csv
import json
import pathlib

import numpy as np

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
COUNTS = {"KAL": 240, "ARA": 260, "DOR": 320, "BEL": 240}
HOME = ["computer", "internet", "desk", "room", "dishwasher"]


def students(rng: np.random.Generator) -> list[dict]:
    rows = []
    for country, count in COUNTS.items():
        for _ in range(count):
            row = {"country": country, "gender": rng.choice(["female", "male"])}
            row["computer"] = rng.choice(["yes", "no"])
            same = rng.random() < 0.95
            row["internet"] = row["computer"] if same else rng.choice(["yes", "no"])
            row["desk"] = "yes" if country == "DOR" else rng.choice(["yes", "no"])
            row["room"] = rng.choice(["yes", "no"], p=[0.7, 0.3])
            row["dishwasher"] = "" if country == "KAL" else rng.choice(["yes", "no"])
            row["mother_educ"] = rng.choice(["ISCED 1", "ISCED 2"] + ([] if country == "ARA" else ["ISCED 3B, C"]))
            row["father_educ"] = "ISCED 1"
            row["book"] = rng.choice(["0-10", "11-25", "26-100", ""], p=[0.3, 0.3, 0.3, 0.1])
            row["escs"] = "" if rng.random() < 0.1 else f"{rng.normal():.4f}"
            score = 500 + 10 * (row["gender"] == "female") + 20 * (row["computer"] == "yes")
            score += 30 * float(row["escs"] or 0) * (3 if country == "ARA" else 1)
            score += 80 * (country == "DOR") + 25 * rng.normal()
            row["math"] = f"{score:.4f}"
            rows.append(row)
    order = rng.permutation(len(rows))
    rows = [rows[place] for place in order]
    # A row without a score is dropped.
    rows[17]["math"] = ""
    return rows


def main() -> None:
    rows = students(np.random.default_rng(2003))
    with open(FIXTURES / "students.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    rows = [row for row in rows if row["math"]]
    country = np.array([row["country"] for row in rows])

    columns: dict[str, np.ndarray] = {}
    texts = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    columns["female"] = texts["gender"] == "female"
    for name in HOME:
        columns[name] = texts[name] == "yes"
    for name in ["mother_educ", "father_educ", "book"]:
        for level in sorted(set(texts[name]) - {""})[1:]:
            columns[f"{name} {level}"] = texts[name] == level
    columns["escs"] = np.array([float(text or 0) for text in texts["escs"]])
    for name in ["gender", *HOME, "mother_educ", "father_educ", "book", "escs"]:
        columns[f"{name} missing"] = texts[name] == ""
    columns = {name: np.asarray(values, float) for name, values in columns.items()}

    names = sorted(set(country), key=lambda name: (-(country == name).sum(), name))
    varying = [
        name for name, values in columns.items() if min(values[country == other].std() for other in names) >= 0.03
    ]
    kept: list[str] = []
    for name in varying:
        if all(abs(np.corrcoef(columns[name], columns[other])[0, 1]) <= 0.6 for other in kept):
            kept.append(name)

    def standardized(values: np.ndarray) -> np.ndarray:
        return (values - values.mean()) / values.std()

    x = np.column_stack([standardized(columns[name]) for name in kept] + [np.ones(len(rows))])
    y = standardized(texts["math"].astype(float))
    own, roots, deviations = [], [], []
    for name in names:
        design, response = x[country == name], y[country == name]
        coefficients, (square,), *_ = np.linalg.lstsq(design, response, rcond=None)
        own.append(coefficients)
        roots.append(np.sqrt(np.diag(np.linalg.inv(design.T @ design))))
        deviations.append(np.sqrt(square / (len(design) - design.shape[1])))
    differences = np.array(own) - np.median(own, axis=0)
    expected = {
        "countries": names,
        "features": kept + ["intercept"],
        "counts": [len(columns), len(varying), len(kept)],
        "differences": differences.tolist(),
        "large": (abs(differences) > 6 * np.array(roots)).tolist(),
        "deviations": deviations,
    }
    (FIXTURES / "students.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes Tests/Fixtures/lasso.json: what scikit-learn says about LASSOs and elastic nets.

    python3 -m venv .venv
    .venv/bin/pip install scikit-learn==1.9.1 numpy==2.4.6
    .venv/bin/python scripts/make_lasso_fixtures.py

Each problem has several tasks, some of them with fewer rows than columns, and some columns that nearly agree. A task's
coefficients b minimise

    1 / (2 n) sum of w (y - x'b)^2 + alpha (r |b|_1 + (1 - r) |b|_2^2 / 2)

with n the sum of the weights of its rows, and with an intercept beside them that is not penalised where the problem has
one. scikit-learn's weights are scaled to a mean of 1, which makes this its objective. The conditions of an optimum are
checked before anything is written.
"""

import json
import pathlib

import numpy as np
from sklearn.linear_model import ElasticNet, Lasso

ROOT = pathlib.Path(__file__).resolve().parent.parent
COUNTS = [40, 6, 25, 13, 4]
FEATURES = 12

# (alpha, r, intercept, weighted): alpha of the first task; those of others are near.
SETTINGS = [
    (0.3, 1.0, False, False),
    (0.02, 1.0, True, False),
    (0.1, 0.5, True, False),
    (0.4, 0.2, False, False),
    (0.15, 1.0, True, True),
    (0.05, 0.75, False, True),
]


def drawn(rng: np.random.Generator, weighted: bool) -> list[dict]:
    tasks = []
    for count in COUNTS:
        common = rng.normal(size=(count, 1))
        x = rng.normal(size=(count, FEATURES))
        # The last four columns nearly agree.
        x[:, 8:] = common + 0.2 * x[:, 8:]
        x = (x * 2.0 ** rng.integers(-1, 2, size=FEATURES)).round(3)
        truth = np.where(rng.random(FEATURES) < 0.4, rng.normal(size=FEATURES), 0)
        y = (0.7 + x @ truth + 0.5 * rng.normal(size=count)).round(3)
        weights = rng.integers(1, 9, size=count) / 4 if weighted else np.ones(count)
        tasks.append({"rows": x, "responses": y, "weights": weights})
    return tasks


def solved(task: dict, alpha: float, r: float, intercept: bool) -> tuple[np.ndarray, float]:
    kind = dict(alpha=alpha, fit_intercept=intercept, tol=1e-15, max_iter=1_000_000)
    model = Lasso(**kind) if r == 1 else ElasticNet(l1_ratio=r, **kind)
    weights = task["weights"] / task["weights"].mean()
    model.fit(task["rows"], task["responses"], sample_weight=weights)
    residuals = task["responses"] - task["rows"] @ model.coef_ - model.intercept_
    slopes = task["rows"].T @ (weights * residuals) / len(residuals) - alpha * (1 - r) * model.coef_
    b = model.coef_
    failures = np.where(b == 0, np.maximum(0, abs(slopes) - alpha * r), abs(slopes - alpha * r * np.sign(b)))
    assert failures.max() < 1e-11, failures.max()
    assert not intercept or abs(weights @ residuals) < 1e-10
    return b, float(model.intercept_)


def problem(number: int, alpha: float, r: float, intercept: bool, weighted: bool) -> dict:
    tasks = drawn(np.random.default_rng(600 + number), weighted)
    alphas = [alpha * (1 + 0.1 * place) for place in range(len(tasks))]
    answers = [solved(task, own, r, intercept) for task, own in zip(tasks, alphas)]
    return {
        "mixture": r,
        "intercept": intercept,
        "weighted": weighted,
        "penalties": alphas,
        "tasks": [{key: value.tolist() for key, value in task.items()} for task in tasks],
        "coefficients": [b.tolist() for b, _ in answers],
        "intercepts": [level for _, level in answers],
    }


def main() -> None:
    problems = [problem(number, *setting) for number, setting in enumerate(SETTINGS)]
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in problems)
    (ROOT / "Tests/Fixtures/lasso.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()

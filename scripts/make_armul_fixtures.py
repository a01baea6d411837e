#!/usr/bin/env python3
"""Writes Tests/Fixtures/armul.json: what cvxpy says about ten vanilla ARMUL problems.

    python3 -m venv .venv
    .venv/bin/pip install cvxpy==1.9.3 clarabel==0.11.1 numpy==2.4.6
    .venv/bin/python scripts/make_armul_fixtures.py

Each problem is to minimise, over the tasks' coefficients b_j and their centre c,

    sum over j of n_j (f_j(b_j) + lambda_j ||b_j - c||) / sum of n_j,    lambda_j = C sqrt(d / n_j)

with n_j the sum of the weights of a task's rows, f_j the weighted mean of the loss over them, and d the number of
penalised coefficients. A free intercept is each task's own: it is not in the norm. cvxpy finds the solution to some six
digits, and with it which tasks are their centre; with those held there the rest is smooth, and a few steps of Newton's
method give all digits. The optimality conditions of the whole problem are checked before anything is written.
"""

import json
import pathlib

import cvxpy as cp
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
FEATURES = 4

# (strength, free intercept, weighted) of the five problems of each loss.
SETTINGS = [(0.1, False, False), (0.4, True, False), (0.3, False, True), (0.2, True, True), (1.2, True, False)]


def drawn(rng: np.random.Generator, loss: str, weighted: bool) -> list[dict]:
    """Tasks of 10 to 40 rows around a centre, one of them far away; the first column is the intercept."""
    center = rng.normal(size=FEATURES)
    tasks = []
    for task in range(6):
        count = int(rng.integers(10, 40))
        truth = center + (2.0 if task == 5 else 0.2) * rng.normal(size=FEATURES)
        x = np.column_stack([np.ones(count), rng.normal(size=(count, FEATURES - 1)).round(3)])
        if loss == "squared":
            y = (x @ truth + rng.normal(size=count)).round(3)
        else:
            y = (rng.random(count) < 1 / (1 + np.exp(-x @ truth))).astype(float)
            # A free intercept is finite only where both classes are.
            y[:2] = [0, 1]
        weights = rng.integers(1, 9, size=count) / 4 if weighted else np.ones(count)
        tasks.append({"rows": x, "responses": y, "weights": weights})
    return tasks


def slope(loss: str, task: dict, b: np.ndarray) -> np.ndarray:
    eta = task["rows"] @ b
    mean = eta if loss == "squared" else 1 / (1 + np.exp(-eta))
    return task["rows"].T @ (task["weights"] * (mean - task["responses"])) / task["weights"].sum()


def violation(loss, tasks, penalties, first, b, c) -> float:
    """The largest violation of an optimality condition."""
    slopes = [slope(loss, task, row) for task, row in zip(tasks, b)]
    counts = np.array([task["weights"].sum() for task in tasks])
    worst = np.linalg.norm(sum(n * g[first:] for n, g in zip(counts, slopes)) / counts.sum())
    for g, row, penalty in zip(slopes, b, penalties):
        away = row[first:] - c[first:]
        distance = np.linalg.norm(away)
        worst = max(worst, np.abs(g[:first]).max(initial=0))
        if distance > 1e-6:
            worst = max(worst, np.linalg.norm(g[first:] + penalty * away / distance))
        else:
            worst = max(worst, np.linalg.norm(g[first:]) - penalty)
    return float(worst)


def polished(loss, tasks, penalties, first, b, c, merged):
    """Newton's method from cvxpy's solution, tasks that are their centre held there. Everything is linear in z."""
    own = [first if is_merged else FEATURES for is_merged in merged]
    starts = FEATURES - first + np.concatenate([[0], np.cumsum(own)])
    width = int(starts[-1])
    to_center = np.eye(FEATURES - first, width)
    maps = []
    for j, is_merged in enumerate(merged):
        a = np.zeros((FEATURES, width))
        a[: own[j], starts[j] : starts[j + 1]] = np.eye(own[j])
        if is_merged:
            a[first:] = to_center
        maps.append(a)
    z = np.concatenate([c[first:]] + [row[:size] for row, size in zip(b, own)])
    counts = np.array([task["weights"].sum() for task in tasks])
    for _ in range(12):
        gradient, hessian = np.zeros(width), np.zeros((width, width))
        for j, task in enumerate(tasks):
            x, row = task["rows"], maps[j] @ z
            mean = 1 / (1 + np.exp(-x @ row))
            curvature = task["weights"] * (1 if loss == "squared" else mean * (1 - mean)) / counts[j]
            gradient += counts[j] * maps[j].T @ slope(loss, task, row)
            hessian += counts[j] * maps[j].T @ (x.T * curvature @ x) @ maps[j]
            if not merged[j]:
                away = maps[j][first:] - to_center
                v = away @ z
                size = np.linalg.norm(v)
                gradient += counts[j] * penalties[j] * away.T @ v / size
                bend = (np.eye(len(v)) - np.outer(v, v) / size**2) / size
                hessian += counts[j] * penalties[j] * away.T @ bend @ away
        # Where every task is away from the centre and directions cancel, the centre is free along a line.
        z = z - np.linalg.lstsq(hessian, gradient, rcond=None)[0]
    center = np.concatenate([np.zeros(first), to_center @ z])
    return np.array([a @ z for a in maps]), center


def objective(loss, tasks, penalties, first, b, c) -> float:
    total, counts = 0.0, 0.0
    for task, penalty, row in zip(tasks, penalties, b):
        eta, y, w = task["rows"] @ row, task["responses"], task["weights"]
        values = (eta - y) ** 2 / 2 if loss == "squared" else np.logaddexp(0, eta) - y * eta
        total += w @ values + w.sum() * penalty * np.linalg.norm(row[first:] - c[first:])
        counts += w.sum()
    return float(total / counts)


def solve(loss: str, tasks: list[dict], strength: float, free: bool) -> dict:
    first = 1 if free else 0
    counts = np.array([task["weights"].sum() for task in tasks])
    penalties = strength * np.sqrt((FEATURES - first) / counts)
    b = cp.Variable((len(tasks), FEATURES))
    c = cp.Variable(FEATURES - first)
    terms = []
    for j, task in enumerate(tasks):
        eta = task["rows"] @ b[j]
        if loss == "squared":
            value = cp.sum_squares(cp.multiply(np.sqrt(task["weights"]), eta - task["responses"])) / 2
        else:
            value = cp.sum(cp.multiply(task["weights"], cp.logistic(eta) - cp.multiply(task["responses"], eta)))
        terms.append(value + counts[j] * penalties[j] * cp.norm(b[j, first:] - c))
    problem = cp.Problem(cp.Minimize(sum(terms) / counts.sum()))
    problem.solve(solver=cp.CLARABEL, max_iter=500, tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11)
    center = np.concatenate([np.zeros(first), c.value])
    merged = np.linalg.norm((b.value - center)[:, first:], axis=1) < 1e-4
    found, center = polished(loss, tasks, penalties, first, b.value, center, merged)
    worst = violation(loss, tasks, penalties, first, found, center)
    value = objective(loss, tasks, penalties, first, found, center)
    print(
        f"{loss:8} C = {strength}, free intercept {free}: {problem.status}, {merged.sum()} tasks are their centre; "
        f"moved by {np.abs(found - b.value).max():.0e}, objective by {value - problem.value:.0e}, violation {worst:.0e}"
    )
    assert worst < 1e-12 and abs(value - problem.value) < 1e-9 and np.abs(found - b.value).max() < 1e-3
    return {"coefficients": found.tolist(), "center": center[first:].tolist(), "objective": value}


def main() -> None:
    rng = np.random.default_rng(20261128)
    problems = []
    for loss in ("squared", "logistic"):
        for strength, free, weighted in SETTINGS:
            tasks = drawn(rng, loss, weighted)
            solution = solve(loss, tasks, strength, free)
            problems.append({
                "loss": loss, "strength": strength, "freeIntercept": free, "weighted": weighted,
                "tasks": [{key: task[key].tolist() for key in ("rows", "responses", "weights")} for task in tasks],
                **solution,
            })
    lines = ",\n".join(json.dumps(problem, separators=(",", ":")) for problem in problems)
    (ROOT / "Tests/Fixtures/armul.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()

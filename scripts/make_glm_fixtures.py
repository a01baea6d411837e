#!/usr/bin/env python3
"""Writes Tests/Fixtures/glm.json: what statsmodels says about logistic and Poisson regressions of many tasks.

    python3 -m venv .venv
    .venv/bin/pip install statsmodels==0.15.0 numpy==2.4.6
    .venv/bin/python scripts/make_glm_fixtures.py

Each of the four problems is six tasks of 14 to 530 rows with an intercept and three features, without weights or with. Of
every task, and of all rows together, the file holds the maximum-likelihood coefficients and their standard errors: from the
inverse of the information, HC0, and by clusters of rows. Plain problems come from Logit and Poisson, weighted ones from GLM
with `var_weights`. HC0 is formed here as well, since statsmodels warns that it has not tried all kinds of weights, and the
slopes that are left are looked at, before anything is written.
"""

import json
import pathlib
import warnings

import numpy as np
import statsmodels.api as sm

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIZES = [14, 40, 530, 64, 25, 90]
CLUSTERS = 6


def drawn(rng: np.random.Generator, loss: str, weighted: bool) -> list[dict]:
    center = np.array([0.3, 0.6, -0.4, 0.2])
    tasks = []
    for size in SIZES:
        truth = center + 0.2 * rng.normal(size=4)
        x = np.column_stack([np.ones(size), rng.normal(size=size), rng.normal(2, 0.7, size), rng.random(size)]).round(3)
        eta = x @ truth
        y = (rng.random(size) < 1 / (1 + np.exp(-eta))).astype(float) if loss == "logistic" else rng.poisson(np.exp(eta))
        weights = rng.integers(1, 9, size=size) / 4 if weighted else np.ones(size)
        codes = rng.integers(0, CLUSTERS, size=size)
        tasks.append({"rows": x, "responses": np.asarray(y, float), "weights": weights, "clusters": codes})
    return tasks


def fitted(loss: str, task: dict, weighted: bool) -> dict:
    x, y, w = task["rows"], task["responses"], task["weights"]
    family = sm.families.Binomial() if loss == "logistic" else sm.families.Poisson()
    weighted_model = sm.GLM(y, x, family=family, var_weights=w)
    plain_model = sm.Logit(y, x) if loss == "logistic" else sm.Poisson(y, x)

    def fit(**covariance):
        # As many steps as are told, whatever the deviance does: to the last digit.
        if weighted:
            return weighted_model.fit(tol=0, maxiter=30, **covariance)
        start = weighted_model.fit(maxiter=8).params
        return plain_model.fit(start_params=start, method="newton", tol=0, maxiter=8, disp=0, warn_convergence=False, **covariance)

    found = fit()
    mean = 1 / (1 + np.exp(-x @ found.params)) if loss == "logistic" else np.exp(x @ found.params)
    slopes = x.T @ (w * (y - mean))
    assert np.abs(slopes).max() < 1e-10 * len(y), slopes
    errors = {"iid": found.bse.tolist()}
    for name, options in [
        ("hc0", {"cov_type": "HC0"}),
        ("cluster", {"cov_type": "cluster", "cov_kwds": {"groups": task["clusters"]}}),
    ]:
        errors[name] = fit(**options).bse.tolist()
    curvature = mean * (1 - mean) if loss == "logistic" else mean
    inverse = np.linalg.inv((x.T * (w * curvature)) @ x)
    scores = x * (w * (y - mean))[:, None]
    own = np.sqrt(np.diag(inverse @ scores.T @ scores @ inverse))
    assert np.abs(own / errors["hc0"] - 1).max() < 1e-10, own / errors["hc0"]
    return {"coefficients": found.params.tolist(), "errors": errors}


def main() -> None:
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(20261129)
    problems = []
    for loss in ("logistic", "poisson"):
        for weighted in (False, True):
            tasks = drawn(rng, loss, weighted)
            together = {name: np.concatenate([task[name] for task in tasks]) for name in tasks[0]}
            problems.append(
                {
                    "loss": loss,
                    "weighted": weighted,
                    "tasks": [{name: values.tolist() for name, values in task.items()} for task in tasks],
                    "each": [fitted(loss, task, weighted) for task in tasks],
                    "together": fitted(loss, together, weighted),
                }
            )
            print(f"{loss}, weighted {weighted}: {problems[-1]['together']['coefficients']}")
    (ROOT / "Tests/Fixtures/glm.json").write_text(json.dumps(problems) + "\n")


if __name__ == "__main__":
    main()

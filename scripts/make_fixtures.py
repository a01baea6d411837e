#!/usr/bin/env python3
"""Writes Tests/Fixtures: what statsmodels and mpmath say about the flights sample, Student's t and the normal.

    python3 -m venv .venv
    .venv/bin/pip install statsmodels==0.15.0 pandas==3.1.1 mpmath==1.4.1
    .venv/bin/python scripts/make_fixtures.py

Tests/Fixtures/README.md says what each file holds. Numbers have 17 digits, so a double is read back exactly.
"""

import pathlib

import mpmath
import numpy as np
import pandas as pd
import statsmodels.formula.api as smf

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "Tests/Fixtures"
SAMPLE = ROOT / "Examples/flights/flights.csv.gz"

FORMULA = "arr_delay ~ dep_delay + distance + hour"
FACTOR_FORMULA = "arr_delay ~ dep_delay + origin + dep_delay:origin"
ROBUST = ["iid", "HC0", "HC1", "HC2", "HC3"]
PLANE_COUNT = 20


def number(value: float) -> str:
    return f"{value:.17g}"


# Which planes


def standardised_condition(rows: pd.DataFrame) -> float:
    """The condition number of the design on columns of mean 0 and variance 1; infinite for a constant column."""
    design = rows[["dep_delay", "distance", "hour"]].to_numpy(float)
    spread = design.std(axis=0)
    if spread.min() == 0:
        return np.inf
    return float(np.linalg.cond((design - design.mean(axis=0)) / spread))


def largest_leverage(rows: pd.DataFrame) -> float:
    design = np.column_stack([np.ones(len(rows)), rows[["dep_delay", "distance", "hour"]].to_numpy(float)])
    q, _ = np.linalg.qr(design)
    return float((q * q).sum(axis=1).max())


def chosen_planes(flights: pd.DataFrame) -> list[str]:
    """Planes of all sizes, at even steps through the well-posed ones in order of size."""
    sizes = []
    for plane, rows in flights.groupby("tailnum"):
        if len(rows) < 8 or rows["month"].nunique() < 4:
            continue
        if standardised_condition(rows) < 20 and largest_leverage(rows) < 0.99:
            sizes.append((len(rows), plane))
    sizes.sort()
    steps = np.linspace(0, len(sizes) - 1, PLANE_COUNT).round().astype(int)
    return [sizes[step][1] for step in steps]


# What statsmodels says


def kindred_term(term: str) -> str:
    """`origin[T.JFK]` is called `originJFK`, and the intercept `(Intercept)`, as in R."""
    return term.replace("[T.", "").replace("]", "").replace("Intercept", "(Intercept)")


def covariances(names: list[str]):
    """The arguments that give each covariance, with p-values and limits from Student's t."""
    for name in names:
        if name == "iid":
            yield name, lambda rows: {"cov_type": "nonrobust", "use_t": True}
        elif name.startswith("HC"):
            yield name, lambda rows, name=name: {"cov_type": name, "use_t": True}
        else:
            yield "cluster:" + name, lambda rows, name=name: {
                "cov_type": "cluster",
                "use_t": True,
                "cov_kwds": {"groups": rows[name].astype("category").cat.codes.to_numpy()},
            }


def fitted_lines(case, task, rows, formula, names, weights=None):
    model = smf.ols(formula, rows) if weights is None else smf.wls(formula, rows, weights=rows[weights])
    for name, arguments in covariances(names):
        fit = model.fit(**arguments(rows))
        limits = fit.conf_int(alpha=0.05)
        freedom = rows[name[8:]].nunique() - 1 if name.startswith("cluster:") else fit.df_resid
        for term in fit.params.index:
            values = [
                fit.params[term], fit.bse[term], fit.tvalues[term], fit.pvalues[term],
                limits.loc[term, 0], limits.loc[term, 1],
            ]
            yield [case, name, task, kindred_term(term), *map(number, values), str(len(rows)), str(int(freedom))]


def write_regressions(flights: pd.DataFrame, planes: pd.DataFrame) -> None:
    lines = []
    for plane, rows in planes.groupby("tailnum", sort=False):
        lines += fitted_lines("itl", plane, rows, FORMULA, ROBUST + ["month"])
        lines += fitted_lines("itl_weighted", plane, rows, FORMULA, ["iid", "HC1"], weights="distance")
    for case, rows in [("planes_pool", planes), ("pool", flights)]:
        lines += fitted_lines(case, "", rows, FORMULA, ROBUST + ["tailnum", "month"])
        lines += fitted_lines(case + "_weighted", "", rows, FORMULA, ROBUST + ["tailnum"], weights="distance")
        lines += fitted_lines(case + "_factor", "", rows, FACTOR_FORMULA, ["iid", "HC1", "tailnum"])
    header = "case,vcov,task,term,estimate,std_error,statistic,p_value,conf_low,conf_high,n,df"
    text = "\n".join([header] + [",".join(line) for line in lines]) + "\n"
    (FIXTURES / "statsmodels.csv").write_text(text)


# What mpmath says of Student's t


def two_sided(t, freedom):
    """P(|T| > t) to some 40 digits."""
    t = mpmath.mpf(t)
    if mpmath.isinf(freedom):
        return mpmath.erfc(t / mpmath.sqrt(2)) if t < 1000 else mpmath.mpf(0)
    freedom = mpmath.mpf(freedom)
    if t == 0:
        return mpmath.mpf(1)
    half = freedom / 2
    ratio = mpmath.exp(mpmath.loggamma(half + 0.5) - mpmath.loggamma(half))
    z = freedom / (t * t)
    # P = x^a y^(-1/2) / (a B(a, 1/2)) 2F1(1/2, 1; a + 1; -z), x = df / (df + t^2), y = 1 - x, a = df / 2.
    front = mpmath.exp(-half * mpmath.log1p(1 / z)) * mpmath.sqrt(1 + z) * ratio / (half * mpmath.sqrt(mpmath.pi))
    y = 1 / (1 + z)
    if t * t >= 36 or y > 0.9:
        return front * gauss_fraction(half + 1, z)
    term = total = mpmath.mpf(1)
    step = 0
    while abs(term) > mpmath.eps * total / 100:
        term *= y * (half + 0.5 + step) / (1.5 + step)
        total += term
        step += 1
    inner = 2 * mpmath.sqrt(y) * mpmath.exp(-half * mpmath.log1p(1 / z)) * ratio / mpmath.sqrt(mpmath.pi) * total
    return 1 - inner


def gauss_fraction(gamma, z):
    """2F1(1/2, 1; gamma; -z) by Gauss's continued fraction, from far out inwards."""
    value = mpmath.mpf(1)
    for step in range(400, 0, -1):
        m = step // 2
        if step % 2:
            coefficient = (m + mpmath.mpf(0.5)) * (gamma - 1 + m) / ((gamma + 2 * m - 1) * (gamma + 2 * m))
        else:
            coefficient = m * (gamma - 1.5 + m) / ((gamma + 2 * m - 2) * (gamma + 2 * m - 1))
        value = 1 + coefficient * z / value
    return 1 / value


def upper_quantile(probability, freedom):
    """t with P(T > t) = probability < 1/2, by bisection on log t, then secant steps."""
    target = mpmath.log(2 * mpmath.mpf(probability))

    def gap(s):
        p = two_sided(mpmath.exp(s), freedom)
        return mpmath.log(p) - target if p > 0 else -mpmath.inf

    low, high = mpmath.mpf(-10), mpmath.mpf(720)
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if gap(middle) > 0 else (low, middle)
    return mpmath.exp(mpmath.findroot(gap, (low, high), solver="secant"))


def check_oracle() -> None:
    """The formulas above against mpmath's own incomplete beta and quadrature."""
    for t, freedom in [(0.5, 1), (2.5, 3), (1.5, 29), (30, 7.5), (4, 1000)]:
        own = two_sided(t, freedom)
        half = mpmath.mpf(freedom) / 2
        x = mpmath.mpf(freedom) / (freedom + mpmath.mpf(t) ** 2)
        beta = mpmath.betainc(half, 0.5, 0, x, regularized=True)
        assert abs(own / beta - 1) < 1e-30, (t, freedom, own, beta)
    far = two_sided(3, 1e9) / two_sided(3, mpmath.inf) - 1
    assert 0 < far < 1e-7, far


def write_student_t() -> None:
    mpmath.mp.dps = 40
    check_oracle()
    freedoms = [1, 1.5, 2, 3, 4, 5, 7.5, 10, 20, 29, 38.25, 39, 41, 100, 299, 1000, 12345, 1e5, 1e6, 1e9, mpmath.inf]
    statistics = [
        0, 1e-300, 1e-8, 0.01, 0.1, 0.4, 0.7, 1, 1.2, 1.5, 1.96, 2.2, 2.4, 2.45, 2.5, 3, 4, 5.5, 8, 13, 20, 30, 36.5,
        100, 1e3, 1e5, 1e10, 1e50, 1e150, 1e160, 1e300,
    ]
    lines = ["quantity,df,argument,value"]
    for freedom in freedoms:
        name = "inf" if mpmath.isinf(freedom) else number(float(freedom))
        for t in statistics:
            p = two_sided(t, freedom)
            if p > mpmath.mpf("1e-300"):
                lines.append(f"two_sided,{name},{number(float(t))},{mpmath.nstr(p, 17)}")
        for probability in [1e-300, 1e-100, 1e-20, 1e-6, 0.001, 0.005, 0.025, 0.05, 0.1, 0.2, 0.24, 0.26, 0.4, 0.49]:
            t = upper_quantile(probability, freedom)
            if t < mpmath.mpf("1e305"):
                lines.append(f"lower_quantile,{name},{number(probability)},{mpmath.nstr(-t, 17)}")
    (FIXTURES / "student_t.csv").write_text("\n".join(lines) + "\n")


def write_normal_quantiles() -> None:
    """Quantiles at odd multiples of 2^-53, as random uniforms are: evenly, about AS 241's breaks, and in both tails."""
    mpmath.mp.dps = 40
    numerators = [2**53 * k // 64 | 1 for k in range(64)]
    numerators += [(2**53 * 3 // 40 + step) | 1 for step in (-(2**20), -2, 0, 2, 2**20)]
    numerators += [int(mpmath.exp(-25) * 2**53 + step) | 1 for step in (-(2**10), 0, 2**10)]
    numerators += [2**k | 1 for k in range(52)]
    lines = ["numerator,quantile"]
    for numerator in sorted(set(numerators) | {2**53 - numerator for numerator in numerators}):
        u = mpmath.mpf(numerator) / 2**53
        z = mpmath.sqrt(2) * mpmath.erfinv(2 * u - 1)
        assert abs(mpmath.ncdf(z) - u) < u * mpmath.mpf("1e-35")
        lines.append(f"{numerator},{mpmath.nstr(z, 17)}")
    (FIXTURES / "normal_quantiles.csv").write_text("\n".join(lines) + "\n")


def main() -> None:
    FIXTURES.mkdir(parents=True, exist_ok=True)
    flights = pd.read_csv(SAMPLE)
    used = ["tailnum", "origin", "month", "dep_delay", "arr_delay", "distance", "hour"]
    flights = flights[used].dropna()
    names = chosen_planes(flights)
    planes = flights[flights["tailnum"].isin(names)]
    for column in ["dep_delay", "arr_delay"]:
        planes = planes.assign(**{column: planes[column].astype(int)})
    planes.to_csv(FIXTURES / "planes.csv", index=False, lineterminator="\n")
    write_regressions(flights, planes)
    write_student_t()
    write_normal_quantiles()
    for path in sorted(FIXTURES.iterdir()):
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main()

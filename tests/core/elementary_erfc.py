#!/usr/bin/env python3
"""The coefficients of core/elementary_erfc.cpp: Chebyshev approximations of (1 + 2x)·exp(x²)·erfc(x)
as polynomials, from 1/4 to 1 in t = x - 5/8, from 1 to 28 in t = (x - 15/4)/(x + 15/4). Prints C++.
Needs python3-mpmath."""
from mpmath import mp, mpf, erfc, exp, chebyfit, log, nstr

mp.dps = 60
c, k = mpf(5) / 8, mpf(15) / 4
near = lambda x: x - c, lambda t: t + c
far = lambda x: (x - k) / (x + k), lambda t: k * (1 + t) / (1 - t)
for low, high, (to_t, from_t), count in (mpf(1) / 4, 1, near, 19), (1, 28, far, 23):

    def function(t):
        x = from_t(t)
        return (1 + 2 * x) * exp(x * x) * erfc(x)

    ends = [to_t(mpf(low)), to_t(mpf(high))]
    polynomial, error = chebyfit(function, ends, count, error=True)
    first, *rest = polynomial[::-1]
    print(f"// x from {nstr(low, 4)} to {high}: error 2^{nstr(log(error, 2), 4)}")
    print(f"{{{float(first).hex()}, {float(first - mpf(float(first))).hex()}}},")
    print("{{" + ", ".join(float(c).hex() for c in rest) + "}},")

// Distributions: tail probabilities that keep their relative precision however small they are.
//
//     normal:     1 - Phi(z) = erfc(z/sqrt 2)/2
//     Student t:  P(|T| >= |t|) = I_x(df/2, 1/2),  x = df/(df + t²)
//     I_x(a, b) = x^a·y^b/B(a, b) / (b0 + a1/(b1 + a2/(b2 + …))),   y = 1 - x
//       a_m = (a+m-1)·(a+b+m-1)·m·(b-m)·x²/(a+2m-1)²
//       b_m = m + m·(b-m)·x/(a+2m-1) + (a+m)·(a·y - b·x + 1 + m·(1+y))/(a+2m+1)
//
// The continued fraction is the even part of number 8.17.22 in the NIST Handbook of Mathematical
// Functions, taken by Lentz's method; in this form nothing cancels when a is large and x near one.
// On the far side of the mean the symmetry I_x(a, b) = 1 - I_y(b, a) is used. The factor in front
// is not made of logarithms of gamma functions, which would cost about a·eps: its powers are taken
// relative to the mean a/(a+b), where their large parts cancel, and of Stirling's formula only the
// remainder is left (DiDonato and Morris, 1992).
//
// Error bounds, relative, eps = 2.2e-16: normal (4 + z²)·eps. Incomplete beta with a and b up to
// 1e8, where it is the smaller of the two tails: (100 + |w| + |ln I|)·eps with w = b·x - a·y; where
// it is the larger tail the same, absolute. For Student t |w| is at most t²/2.
// Cost: O(sqrt(max(a, b))) steps at most, about ten in a tail.
#pragma once

#include <optional>

namespace contagiond::core {

/// 1 - Phi(z), 0 to 1.
double normal_upper_tail(double z);

/// I_x(a, b), 0 to 1. Absent unless a, b > 0 and 0 <= x <= 1, all finite.
std::optional<double> incomplete_beta(double a, double b, double x);

/// Probability that |T| is at least |t| with `df` degrees of freedom. Absent when t is no number or
/// df is not finite and positive.
std::optional<double> student_t_two_sided(double t, double df);

}  // namespace contagiond::core

// Evidence as CSV in the tidy form of data frames: one statistic a row, with all that is known of
// how sure it is.
//
// Statistics of one series, returns being log returns and r those of the bars in the window:
//
//   price              what its feeds agree on, see core/sampler.hpp
//   bar_return         since the last bar in which it printed; note: bar, catch_up or gap
//   change_24h         log return over the last 24 hours, see core/estimators/day_change.hpp
//   log_return         sum of r
//   drawdown           exp(path - high of the path since the window began) - 1
//   loss_sigma         -sum of r / (usual sigma before the window · sqrt(bars covered))
//   loss_one_way       -sum of r / sqrt(sum of r²); these four: core/estimators/loss_windows.hpp
//   coverage           weight of a group's members that are alive, 0-1, see core/group_return.hpp
//   selloff_z          last 15 rows in the sigma known before them, negative for a fall
//   jump               last row in the sigma of its neighbours' products (Lee and Mykland), signed
//   jump_p             chance that the largest row of a session is as large
//   drift_log          log e-value of a fall (sequential betting), in nats
//   intraday_factor    usual size of moves at this time of day, mean square 1; these five, and what
//                      a row is: core/series_habits.hpp
//   value_lost_usd     sum of shares · price · (exp(-change_24h) - 1) over a group's members
//   value_lost_share   the same over the value of the crypto assets with a known supply
//   value_covered      weight of the members that are counted; these three: core/impact.hpp
//
// Statistics of a pair:
//
//   correlation        Pearson's, of bars in which both printed; error (1 - r²)/sqrt(n - 1)
//   correlation_baseline  what was usual before the window: exponentially weighted, about zero, as
//                      of one window ago; samples (sum of w)²/(sum of w²), error as above
//   hayashi_yoshida    correlation of raw ticks, products of overlapping returns; beyond ±1 noted
//                      as noisy. Samples: products; error: jackknife over blocks of time
//   lead_seconds       lag of the largest correlation of ticks, positive: source first; 95 %
//   lead_correlation   at that lag
//   lead_ratio         squared correlations at which the source leads over those at which the
//                      target does; without a value, and noted as inf, where it never does
//   lead_ticks_source  returns of ticks behind the lead
//   lead_ticks_target  likewise; since hayashi_yoshida: core/tick_evidence.hpp
//   partial_correlation  after macro controls are taken out of both; error (1 - r²)/sqrt(df)
//   partial_p          two-sided p-value of it (Student's t)
//   partial_controls   how many controls were taken out
//   rho_before         Pearson's, of the stretch before the link window
//   rho_now            the same within the link window
//   rho_adjusted       rho_now at the source's variance of before (Forbes and Rigobon)
//   change_z           (atanh rho_adjusted - atanh rho_before) over its standard error
//   change_p           one-sided p-value of it: the link has strengthened
//   asymmetry          lagged correlations, source first minus target first, about N(0,1)
//   spillover_received  share of the target's forecast error that comes from the source
//                      (Diebold and Yilmaz), 0-1; since partial_correlation:
//                      core/link_evidence.hpp
//   spillover_given    the other way
//
// Tainted is judged over the window of a row, and for a pair by either side; a group is when over a
// quarter of its weight is. Where one event tells of several windows the longest counts for all:
// the links that of the largest of them and the controls taken out (core/link_evidence.hpp); price,
// bar_return, change_24h, selloff_z to intraday_factor the longest window of correlations and
// falls. Values lost are not judged.
#pragma once

#include <string>

#include "core/engine.hpp"
#include "core/event.hpp"

namespace contagiond::daemon {

/// The first line, without a newline:
///
///   ts                 end of the bar, RFC 3339
///   source             series that is measured, or that may lead
///   target             series that may follow; empty for statistics of one series
///   window_s           stretch of time the value refers to, in seconds; empty where there is none
///   statistic          name; with ts, source, target and window_s it names one row
///   value              empty: could not be computed, or not finite (see note)
///   standard_error, effective_samples, interval_low, interval_high (95 %)
///   tainted            1: the data behind it were doubtful; 0; empty where it is not judged
///   note               text: verdict on a lead, kind of a return, date behind a value, "stale",
///                      "noisy", "inf"
std::string evidence_header();

/// The rows of one event, one behind the other with newlines between them and none at the end;
/// empty for events that measure nothing. Present numbers have as many digits as give the same
/// number back. Pure.
std::string evidence_rows(const core::Event& event, const core::EngineConfig& config);

}  // namespace contagiond::daemon

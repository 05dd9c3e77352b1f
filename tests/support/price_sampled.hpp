// A row of the grid with what most tests care for; the rest says that all is well.
#pragma once

#include <optional>

#include "core/event.hpp"

namespace contagiond::test {

inline core::PriceSampled price_sampled(core::TimeNs ts, core::InstrumentId instrument,
                                        core::FeedId feed, core::Decimal price,
                                        double return_since_open, std::optional<double> bar_return,
                                        bool stale) {
    core::PriceSampled e{};
    e.ts = ts;
    e.instrument = instrument;
    e.feed = feed;
    e.ts_price = ts;
    e.price = price;
    e.return_since_open = return_since_open;
    e.bar_return = bar_return;
    e.return_kind = core::ReturnKind::bar;
    e.feeds_fresh = stale ? 0 : 1;
    e.feeds_agreeing = e.feeds_fresh;
    e.stale = stale;
    return e;
}

}  // namespace contagiond::test

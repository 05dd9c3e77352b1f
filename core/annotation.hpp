// Annotation: a note that a person put on the time line ("DeepSeek tops the App Store"). It stands
// in the journal beside what the engine took and said, and the engine never sees it.
#pragma once

#include <string>
#include <vector>

#include "core/units.hpp"

namespace contagiond::core {

struct Annotation {
    std::string id;                    ///< unique within one state folder: "A12"
    TimeNs ts = 0;                     ///< the moment it speaks of, which may be past or to come
    TimeNs ts_made = 0;                ///< when it was written, on the same clock
    std::string text;                  ///< one line
    std::string by;                    ///< who wrote it
    std::vector<std::string> symbols;  ///< what it is about; empty: the market
    std::vector<std::string> tags;

    friend bool operator==(const Annotation&, const Annotation&) = default;
};

}  // namespace contagiond::core

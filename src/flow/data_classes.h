// Data classes in sets: all of them, what one set has and another has not, and their names.
// Threads: pure functions over values.
#pragma once

#include <string>

#include "flow/label.h"

namespace hs::flow {

inline DataClasses every_data_class() {
    DataClasses all;
    for (std::size_t i = 0; i < data_class_count; ++i) all.add(static_cast<DataClass>(i));
    return all;
}

inline DataClasses without(const DataClasses& from, const DataClasses& taken) {
    DataClasses left;
    for (const DataClass each : from.list()) {
        if (!taken.has(each)) left.add(each);
    }
    return left;
}

// "customer, personal".
inline std::string names_of(const DataClasses& classes) {
    std::string names;
    for (const DataClass each : classes.list()) {
        names += (names.empty() ? "" : ", ") + std::string(data_class_name(each));
    }
    return names;
}

}  // namespace hs::flow

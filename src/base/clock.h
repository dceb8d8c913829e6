#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isocenter {

/// 100 ns steps since 0001-01-01T00:00:00Z in the proleptic Gregorian calendar: the resolution that
/// change-feed timestamps must keep through a round trip. Range: years 1 to 9999.
using Ticks = std::int64_t;

constexpr Ticks kTicksPerSecond = 10'000'000;
constexpr Ticks kMaxTicks = 3'155'378'975'999'999'999;  // 9999-12-31T23:59:59.9999999Z

/// Wall-clock time. Thread-safe.
Ticks now_ticks();

/// `2024-01-31T09:15:27.1234567+00:00`: always UTC, always seven decimals.
std::string to_iso8601(Ticks ticks);

/// Reads `YYYY-MM-DDThh:mm[:ss[.f{1,9}]](Z|±hh:mm)`; digits past the seventh decimal are cut. Nothing when
/// ill-formed, out of range or without a zone.
std::optional<Ticks> parse_iso8601(std::string_view text);

}  // namespace isocenter

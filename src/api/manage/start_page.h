#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"
#include "index/index.h"

namespace isocenter::api {

/// What the start page says.
struct StartPageFacts {
    std::string_view version;
    std::string uptime;    ///< "3 h 12 min"
    std::string base_url;  ///< as the client addressed the server, without '/' at the end
    Result<index::Totals> totals;
};

/// A self-contained page: no other resource is loaded; style and script are allowed by their digests in the
/// Content-Security-Policy.
http::Response start_page(const StartPageFacts& facts);
/// The icon of the page, as SVG.
http::Response favicon();

/// `3 h 12 min`, `45 s`, `2 d 4 h`.
std::string to_duration_text(std::uint64_t seconds);
/// `1.5 GB`.
std::string to_size_text(std::uint64_t bytes);

}  // namespace isocenter::api

#include "http/url.h"

#include <algorithm>

#include "http/ascii.h"

namespace isocenter::http {
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            if (text.size() - i < 3) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += (plus_is_space && c == '+') ? ' ' : c;
        }
    }
    return out;
}

std::optional<std::vector<QueryItem>> parse_query(std::string_view query) {
    std::vector<QueryItem> items;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view piece = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (piece.empty()) continue;
        const std::size_t equals = piece.find('=');
        auto name = percent_decode(piece.substr(0, equals), true);
        if (!name) return std::nullopt;
        QueryItem item;
        item.name = *std::move(name);
        if (equals != std::string_view::npos) {
            auto value = percent_decode(piece.substr(equals + 1), true);
            if (!value) return std::nullopt;
            item.value = *std::move(value);
            item.has_equals = true;
        }
        items.push_back(std::move(item));
    }
    return items;
}

}  // namespace isocenter::http

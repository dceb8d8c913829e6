// Any text as a query string: what is read survives being written again, and nothing is invented.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/url.h"

namespace {

using namespace isocenter::http;

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto encoded = percent_encode(text);
    require(percent_decode(encoded) == text && percent_decode(encoded, true) == text);
    const auto decoded = percent_decode(text);
    require(decoded.has_value() == percent_decode(text, true).has_value());
    require(!decoded || decoded->size() <= text.size());

    const auto items = parse_query(text);
    if (!items) {
        require(!decoded);
        return 0;
    }
    std::string again;
    for (const QueryItem& item : *items) {
        if (!item.has_equals) require(item.value.empty());
        const std::string name = percent_encode(item.name);
        // An item without a name and without '=' is not read at all.
        require(item.has_equals || !name.empty());
        again += "&" + name + (item.has_equals ? "=" : "") + percent_encode(item.value);
    }
    const auto second = parse_query(again);
    require(second.has_value() && second->size() == items->size());
    for (std::size_t i = 0; i < items->size(); ++i) {
        require((*second)[i].name == (*items)[i].name && (*second)[i].value == (*items)[i].value);
        require((*second)[i].has_equals == (*items)[i].has_equals);
    }
    return 0;
}

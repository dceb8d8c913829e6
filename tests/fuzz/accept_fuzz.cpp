// Any text as Accept, Content-Type and Accept-Encoding: weights lie within [0, 1], names are lower case, and
// what was read is read the same when written with quotes.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/content_coding.h"
#include "http/media_type.h"

namespace {

using namespace isocenter::http;

void require(bool condition) {
    if (!condition) std::abort();
}

bool has_upper_case(const std::string& text) {
    for (const char c : text) {
        if (c >= 'A' && c <= 'Z') return true;
    }
    return false;
}

std::string write(const MediaType& type) {
    std::string out = type.essence();
    for (const auto& [name, value] : type.params) {
        out += ";" + name + "=\"";
        for (const char c : value) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }
    return out;
}

void check(const MediaType& type) {
    require(type.q >= 0 && type.q <= 1);
    require(!type.type.empty() && !type.subtype.empty());
    require(!has_upper_case(type.type) && !has_upper_case(type.subtype));
    for (const auto& [name, value] : type.params) {
        require(!name.empty() && !has_upper_case(name));
        require(type.param(name).has_value() && !type.all(name).empty());
    }
    const auto again = parse_media_type(write(type));
    require(again.has_value() && again->essence() == type.essence() && again->params == type.params);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto ranges = parse_accept(text);
    std::string list;
    for (const MediaType& range : ranges) {
        check(range);
        list += (list.empty() ? "" : ", ") + write(range);
    }
    require(parse_accept(list).size() == ranges.size());
    if (is_well_formed_accept(text)) require(!ranges.empty());
    if (const auto type = parse_media_type(text)) check(*type);
    (void)choose_coding(text);
    return 0;
}

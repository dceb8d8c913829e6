#include "api/messages.h"

#include <array>
#include <utility>

namespace isocenter::api {

const MessageCatalogue& messages() {
    static const MessageCatalogue catalogue;
    return catalogue;
}

std::string fill_message(std::string_view text, std::string_view tag, std::string_view name,
                         std::string_view reason) {
    const std::array<std::pair<std::string_view, std::string_view>, 3> values = {
        {{"{tag}", tag}, {"{name}", name}, {"{reason}", reason}}};
    std::string out;
    while (!text.empty()) {
        bool filled = false;
        for (const auto& [placeholder, value] : values) {
            if (!text.starts_with(placeholder)) continue;
            out += value;
            text.remove_prefix(placeholder.size());
            filled = true;
            break;
        }
        if (filled) continue;
        out += text.front();
        text.remove_prefix(1);
    }
    return out;
}

}  // namespace isocenter::api

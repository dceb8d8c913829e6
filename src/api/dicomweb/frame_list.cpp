#include "api/dicomweb/frame_list.h"

#include <charconv>

namespace isocenter::api {

Result<std::vector<std::uint32_t>> parse_frame_list(std::string_view text) {
    std::vector<std::uint32_t> frames;
    for (;;) {
        const std::size_t comma = text.find(',');
        const std::string_view item = text.substr(0, comma);
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), number);
        const bool whole = end == item.data() + item.size() && !item.empty();
        // A number past every frame count is well-formed all the same: the frame does not exist.
        if (error == std::errc::result_out_of_range && whole) number = UINT32_MAX;
        if (!whole || (error != std::errc{} && error != std::errc::result_out_of_range) || number == 0)
            return fail(ErrorCode::invalid_request,
                        "Frame numbers must be positive integers separated by commas.");
        frames.push_back(number > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(number));
        if (comma == std::string_view::npos) return frames;
        text.remove_prefix(comma + 1);
    }
}

}  // namespace isocenter::api

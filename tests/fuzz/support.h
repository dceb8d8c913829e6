#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

/// What the fuzz targets share.
namespace isocenter::fuzz {

/// Ends the run: libFuzzer keeps the input as a finding.
inline void require(bool condition) {
    if (!condition) std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Cuts an input into pieces, each an allocation of its own, so that reads past a piece are caught.
class Cutter {
  public:
    /// The first two bytes of an input choose the lengths: 1 to `longest` + 1.
    Cutter(std::uint8_t seed, std::uint8_t longest)
        : state_(seed * std::uint32_t{2654435761U} + 1), longest_(longest) {}

    /// Takes the next piece off `rest`, which is not empty.
    std::string next(std::string_view& rest) {
        state_ = state_ * std::uint32_t{1664525U} + std::uint32_t{1013904223U};
        std::string piece(rest.substr(0, 1 + (state_ >> 8U) % (longest_ + 1U)));
        rest.remove_prefix(piece.size());
        return piece;
    }

  private:
    std::uint32_t state_;
    std::uint32_t longest_;
};

}  // namespace isocenter::fuzz

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace isocenter::http {

/// Takes the framing of chunks (RFC 9112 7.1) off a body that arrives in pieces. Extensions and trailers are
/// read within bounds and dropped. Not thread-safe.
class ChunkedReader {
  public:
    struct Outcome {
        std::size_t data = 0;      ///< bytes of the body, moved to the front of the piece
        std::size_t consumed = 0;  ///< of the piece; what follows belongs to the next request
        bool broken = false;
    };
    /// Reads a piece in place. Consumes all of it unless the body ends in it or is broken.
    Outcome read(std::span<char> piece);
    bool done() const { return phase_ == Phase::done; }

  private:
    enum class Phase {
        size,
        extension,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer,
        trailer_lf,
        end_lf,
        done
    };
    bool step(char c);
    bool step_size(char c);
    bool step_trailer(char c);

    Phase phase_ = Phase::size;
    std::uint64_t left_ = 0;
    unsigned digits_ = 0;
    std::size_t line_bytes_ = 0;
};

}  // namespace isocenter::http

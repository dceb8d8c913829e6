// Any bytes: the multipart reader makes the same calls in every cutting, and a part that does not hold the
// boundary comes out as it went in. The first two bytes choose the pieces.
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include "http/multipart_reader.h"

namespace {

using namespace isocenter;
using namespace isocenter::http;

constexpr const char* kBoundary = "b-b";

void require(bool condition) {
    if (!condition) std::abort();
}

/// What the reader called, adjoining pieces of data joined.
class Transcript final : public MultipartHandler {
  public:
    Status on_part_begin(const Headers& headers) override {
        require(!open_);
        open_ = true;
        for (const auto& [name, value] : headers.fields())
            calls += "H" + std::to_string(name.size()) + name + std::to_string(value.size()) + value;
        calls += "B";
        data.clear();
        return {};
    }
    Status on_part_unreadable(const Error& why) override {
        require(!open_ && !why.message.empty());
        open_ = true;
        calls += "U";
        data.clear();
        return {};
    }
    Status on_part_data(ByteView bytes) override {
        require(open_ && !bytes.empty());
        data += as_text(bytes);
        return {};
    }
    Status on_part_end() override {
        require(open_);
        open_ = false;
        calls += "D" + std::to_string(data.size()) + data + "E";
        return {};
    }
    std::string calls;
    std::string data;

  private:
    bool open_ = false;
};

struct Outcome {
    Transcript transcript;
    std::string error;
    MultipartReader::End end = MultipartReader::End::no_boundary;
    std::uint64_t parts = 0;
};

void feed(std::string_view bytes, std::mt19937& random, std::size_t max_piece, Outcome& out) {
    MultipartReader reader(kBoundary, out.transcript, 50);
    while (!bytes.empty()) {
        const std::size_t size = max_piece == 0 ? bytes.size() : 1 + random() % max_piece;
        const std::string piece(bytes.substr(0, size));  // a copy: reads past the piece are caught
        bytes.remove_prefix(piece.size());
        const Status status = reader.write(as_bytes(piece));
        if (!status) {
            out.error = status.error().message;
            break;
        }
    }
    out.end = reader.finish();
    out.parts = reader.parts();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    std::mt19937 random(data[0]);
    const std::size_t max_piece = data[1] + std::size_t{1};
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
    Outcome whole;
    Outcome pieces;
    feed(bytes, random, 0, whole);
    feed(bytes, random, max_piece, pieces);
    require(whole.error == pieces.error && whole.end == pieces.end && whole.parts == pieces.parts);
    require(whole.transcript.calls == pieces.transcript.calls);
    require(whole.transcript.data == pieces.transcript.data);

    const std::string mark = "\n--" + std::string(kBoundary);
    if (("\n" + std::string(bytes)).find(mark) != std::string::npos) return 0;
    Outcome wrapped;
    feed("--b-b\r\nA: b\r\n\r\n" + std::string(bytes) + "\r\n--b-b--", random, max_piece, wrapped);
    require(wrapped.error.empty() && wrapped.end == MultipartReader::End::complete && wrapped.parts == 1);
    require(wrapped.transcript.data == bytes);
    return 0;
}

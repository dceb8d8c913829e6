// Any bytes as a request of HTTP/1.1: the head is understood the same however it arrives, holds no byte that
// could split a log line or a header, and the chunks of its body come out the same in every cutting. The
// first two bytes choose the pieces.
#include <algorithm>
#include <vector>

#include "http/base_url.h"
#include "http/chunked_reader.h"
#include "http/conditional.h"
#include "http/content_coding.h"
#include "http/request_head.h"
#include "support.h"

namespace {

using namespace isocenter;
using namespace isocenter::http;
using fuzz::Cutter;
using fuzz::require;
using Kind = HeadOutcome::Kind;

constexpr HeadLimits kLimits{.max_target_bytes = 256, .max_header_bytes = 512};

bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    });
}

void check_head(const RequestHead& head) {
    const Request& request = head.request;
    require(is_one_line(request.target) && !request.path.empty());
    require(request.target.size() <= kLimits.max_target_bytes);
    for (const auto& [name, value] : request.headers.fields())
        require(!name.empty() && is_one_line(name) && is_one_line(value));
    require(!(head.chunked && request.content_length.has_value()));
    require(request.has_body || request.content_length.value_or(0) == 0);
    for (const std::uint64_t size : {0ULL, 1ULL, 1000ULL}) {
        const RangeDecision decision = decide_range(request, size, "\"tag\"");
        if (const auto* range = std::get_if<ByteRange>(&decision))
            require(range->length > 0 && range->offset < size && range->end() <= size);
    }
    (void)if_none_match(request, "\"tag\"");
    for (const bool trusted : {false, true}) {
        BaseUrlRules rules;
        if (trusted) rules.trusted_proxies = {request.remote_address};
        const std::string base = base_url_of(request, rules, "10.0.0.1:80");
        require(is_one_line(base) && base.starts_with("http") && !base.ends_with('/'));
    }
}

struct Unchunked {
    std::string body;
    std::string rest;
    bool broken = false;
    bool done = false;
};

Unchunked unchunk(std::string_view bytes, Cutter* cutter) {
    Unchunked out;
    ChunkedReader reader;
    while (!bytes.empty() && !out.broken && !reader.done()) {
        std::string piece = cutter != nullptr ? cutter->next(bytes) : std::string(std::exchange(bytes, {}));
        const auto outcome = reader.read(piece);
        require(outcome.data <= outcome.consumed && outcome.consumed <= piece.size());
        out.body.append(piece, 0, outcome.data);
        out.broken = outcome.broken;
        if (reader.done()) out.rest = piece.substr(outcome.consumed);
    }
    out.rest += bytes;
    out.done = reader.done();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    Cutter cutter(data[0], data[1]);
    const std::string bytes(fuzz::text_of(data + 2, size - 2));
    RequestHead whole;
    const HeadOutcome outcome = parse_request_head(bytes, kLimits, whole);

    HeadOutcome arriving;
    RequestHead head;
    std::string received;
    for (std::string_view rest = bytes; !rest.empty() && arriving.kind == Kind::incomplete;) {
        received += cutter.next(rest);
        arriving = parse_request_head(received, kLimits, head);
    }
    // Which limit is found first depends on the pieces, that one is found does not.
    require(arriving.kind == outcome.kind && arriving.consumed == outcome.consumed);
    if (outcome.kind != Kind::complete) return 0;
    require(outcome.consumed <= bytes.size() && head.request.target == whole.request.target);
    require(head.request.headers.fields() == whole.request.headers.fields());
    check_head(whole);

    const std::string_view body = std::string_view(bytes).substr(outcome.consumed);
    const Unchunked at_once = unchunk(body, nullptr);
    const Unchunked in_pieces = unchunk(body, &cutter);
    require(at_once.done == in_pieces.done && at_once.broken == in_pieces.broken);
    require(at_once.body == in_pieces.body);
    if (at_once.done) require(at_once.rest == in_pieces.rest);
    return 0;
}

#include "api/dicomweb/search_body.h"

#include <algorithm>
#include <span>
#include <utility>

#include "api/dicomweb/document_reader.h"

namespace isocenter::api {
namespace {

/// At most this many rows are written at a time.
constexpr std::size_t kRowsAtATime = 50;

class SearchSource : public BatchedText {
  public:
    explicit SearchSource(SearchBody body) : body_(std::move(body)), documents_(body_.face) {}

  private:
    Result<bool> next(std::string& text) override {
        if (next_ == 0 && !body_.xml) text += '[';
        auto rows = std::span(body_.rows).subspan(next_);
        rows = rows.first(std::min(kRowsAtATime, rows.size()));
        if (body_.documents && !rows.empty()) {
            ISO_TRY(const auto attached, documents_.attach(rows));
            rows = rows.first(attached.rows);
        }
        ISO_CHECK(append(text, rows));
        if (next_ < body_.rows.size()) return false;
        if (body_.xml)
            body_.xml->append_end(text, next_ > 0);
        else
            text += ']';
        return true;
    }

    Status append(std::string& text, std::span<index::SearchRow> rows) {
        std::uint64_t held = 0;
        for (const index::SearchRow& row : rows)
            held += row.document ? row.document->json.size() : 0;
        text.reserve(text.size() + held);
        for (index::SearchRow& row : rows) {
            ISO_CHECK(append(text, row, next_++ == 0, held));
            row = {};
            // Rows alone are charged as such.
            if (body_.documents) ISO_CHECK(documents_.hold(held + text.capacity()));
        }
        return body_.documents ? documents_.hold(text.capacity()) : Status{};
    }

    /// `held`: bytes of the documents in memory.
    Status append(std::string& text, const index::SearchRow& row, bool first, std::uint64_t held) {
        if (!body_.xml) {
            if (!first) text += ',';
            body_.writer.append(text, row);
            return {};
        }
        std::string object;
        body_.writer.append(object, row);
        const Reserve reserve = [&](std::uint64_t bytes) {
            return documents_.hold(held + object.capacity() + bytes);
        };
        return body_.xml->append(text, object, first, reserve);
    }

    SearchBody body_;
    DocumentReader documents_;
    std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<BatchedText> make_search_source(SearchBody body) {
    return std::make_unique<SearchSource>(std::move(body));
}

}  // namespace isocenter::api

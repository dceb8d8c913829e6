#include "api/dicomweb/search_body.h"

#include <algorithm>
#include <span>
#include <utility>

#include "api/dicomweb/batched_text.h"

namespace isocenter::api {
namespace {

bool is_of(const index::SearchRow& row, const index::EntityKey& instance) {
    return row.key.study == instance.study && (row.key.series.empty() || row.key.series == instance.series) &&
           (row.key.instance.empty() || row.key.instance == instance.instance);
}

class SearchSource : public BatchedText {
  public:
    explicit SearchSource(SearchBody body) : body_(std::move(body)) {}

  private:
    Result<bool> next(std::string& text) override {
        const bool first = next_ == 0;
        const auto rows =
            std::span(body_.rows).subspan(next_, std::min(kRowsAtATime, body_.rows.size() - next_));
        if (body_.documents) ISO_CHECK(fetch_documents(rows));
        if (first && !body_.xml) text += '[';
        for (index::SearchRow& row : rows) {
            ISO_CHECK(append(text, row, next_++ == 0));
            row = {};
        }
        if (next_ < body_.rows.size()) return false;
        if (body_.xml)
            body_.xml->append_end(text, next_ > 0);
        else
            text += ']';
        return true;
    }

    Status append(std::string& text, const index::SearchRow& row, bool first) {
        if (!body_.xml) {
            if (!first) text += ',';
            body_.writer.append(text, row);
            return {};
        }
        std::string object;
        body_.writer.append(object, row);
        return body_.xml->append(text, object, first);
    }

    /// Documents come in the order asked, those gone meanwhile left out.
    Status fetch_documents(std::span<index::SearchRow> rows) {
        std::vector<std::int64_t> ids;
        for (const index::SearchRow& row : rows)
            ids.push_back(row.newest_record);
        ISO_TRY(auto documents, body_.face.archive.documents(ids));
        auto document = documents.begin();
        for (index::SearchRow& row : rows) {
            if (document == documents.end()) break;
            if (is_of(row, document->key)) row.document = std::move(*document++);
        }
        return {};
    }

    SearchBody body_;
    std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<ByteSource> make_search_source(SearchBody body) {
    return std::make_unique<SearchSource>(std::move(body));
}

}  // namespace isocenter::api

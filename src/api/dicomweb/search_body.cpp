#include "api/dicomweb/search_body.h"

#include <algorithm>
#include <span>
#include <utility>

#include "api/dicomweb/document_reader.h"
#include "api/dicomweb/member_list.h"
#include "dicom/tags.h"

namespace isocenter::api {
namespace {

/// At most this many rows are written at a time.
constexpr std::size_t kRowsAtATime = 50;

/// Of the instances below the entity.
Result<std::int64_t> newest_record(const Face& face, const index::EntityKey& key) {
    dicom::Query query;
    query.partition = key.partition;
    query.limit = 1;
    const auto require = [&query](dicom::Tag tag, const std::string& uid) {
        if (!uid.empty()) query.matchers.push_back({tag, std::nullopt, dicom::MatchUid{{uid}}});
    };
    require(dicom::tags::StudyInstanceUID, key.study.str());
    require(dicom::tags::SeriesInstanceUID, key.series.str());
    require(dicom::tags::SOPInstanceUID, key.instance.str());
    if (!key.series.empty()) query.level = dicom::Level::series;
    if (!key.instance.empty()) query.level = dicom::Level::instance;
    std::int64_t newest = 0;
    const auto keep = [&newest](index::SearchRow&& row) -> Status {
        newest = row.newest_record;
        return {};
    };
    ISO_TRY([[maybe_unused]] const auto summary, face.archive.search(query, keep));
    if (newest == 0) return changed_meanwhile();
    return newest;
}

class SearchSource : public BatchedText {
  public:
    explicit SearchSource(SearchBody body) : body_(std::move(body)), documents_(body_.face) {}

  private:
    Result<bool> next(std::string& text) override {
        if (next_ == 0 && !body_.xml) text += '[';
        auto rows = std::span(body_.rows).subspan(next_);
        rows = rows.first(std::min(kRowsAtATime, rows.size()));
        if (body_.documents && !rows.empty()) {
            ISO_TRY(const std::size_t count, attach(rows));
            rows = rows.first(count);
        }
        ISO_CHECK(append(text, rows));
        if (next_ < body_.rows.size()) return false;
        if (body_.xml)
            body_.xml->append_end(text, next_ > 0);
        else
            text += ']';
        return true;
    }

    /// Gives the first of `rows` their documents; of how many. A row of which the newest record went gets the
    /// document of the one that is the newest now. Without any the answer must not look whole.
    Result<std::size_t> attach(std::span<index::SearchRow> rows) {
        for (int tried = 0; tried < kMostRenewals; ++tried) {
            ISO_TRY(const auto attached, documents_.attach(rows));
            if (attached.gone == 0) return attached.rows;
            const auto without = [](const index::SearchRow& row) { return !row.document; };
            const auto first = std::ranges::find_if(rows, without);
            const auto before = static_cast<std::size_t>(first - rows.begin());
            for (index::SearchRow& row : rows.subspan(before))
                row.document.reset();
            if (before > 0) return before;
            ISO_TRY(const std::int64_t newest, newest_record(body_.face, rows.front().key));
            // It is there and cannot be read: the row has the index's values.
            if (newest == rows.front().newest_record) return std::size_t{1};
            rows.front().newest_record = newest;
        }
        return changed_meanwhile();
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

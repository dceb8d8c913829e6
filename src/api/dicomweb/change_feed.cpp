#include <algorithm>
#include <chrono>
#include <memory>
#include <span>
#include <utility>

#include "api/dicomweb/batched_text.h"
#include "api/dicomweb/document_reader.h"
#include "api/dicomweb/feed_entry.h"
#include "api/dicomweb/feed_params.h"
#include "api/errors.h"
#include "api/face.h"

namespace isocenter::api {
namespace {

constexpr std::size_t kEntriesAtATime = 50;
constexpr std::string_view kJson = "application/json; charset=utf-8";

using Parse = Result<FeedRequest> (*)(const Profile&, std::string_view, std::string&);

/// The entries as JSON; metadata that did not come with them are fetched while they are sent.
class FeedText : public BatchedText {
  public:
    FeedText(const FeedRequest& feed, std::vector<index::Change> changes, DocumentReader documents)
        : changes_(std::move(changes)), documents_(std::move(documents)) {
        if (feed.query.latest_only) return;
        head_ = feed.by_cursor ? "{\"entries\":[" : "[";
        tail_ = "]";
        if (!feed.by_cursor) return;
        FeedCursor following{feed.query.after, feed.entry_mark};
        if (!changes_.empty()) following = {changes_.back().sequence, entry_mark(changes_.back())};
        tail_ += ",\"next\":\"" + to_cursor(following) + "\"}";
    }

  private:
    Result<bool> next(std::string& text) override {
        if (at_ == 0) text += head_;
        ISO_TRY(const std::size_t end, fetch());
        const std::uint64_t held = held_by_documents();
        text.reserve(text.size() + held);
        for (; at_ < end; ++at_) {
            if (at_ != 0) text += ',';
            append_change(text, changes_[at_]);
            changes_[at_].document.reset();
            ISO_CHECK(documents_.hold(held + text.capacity()));
        }
        ISO_CHECK(documents_.hold(held_by_documents() + text.capacity()));
        if (at_ < changes_.size()) return false;
        text += tail_;
        return true;
    }

    std::uint64_t held_by_documents() const {
        std::uint64_t bytes = 0;
        for (std::size_t i = at_; i < changes_.size(); ++i)
            bytes += changes_[i].document ? changes_[i].document->json.size() : 0;
        return bytes;
    }

    /// The place behind the entries that can be written now.
    Result<std::size_t> fetch() {
        const auto lacks_document = [](const index::Change& change) {
            return change.live_record != 0 && !change.document;
        };
        const std::size_t most = std::min(changes_.size(), at_ + kEntriesAtATime);
        const std::span<const index::Change> entries = std::span(changes_).subspan(at_, most - at_);
        const auto lacking = std::ranges::find_if(entries, lacks_document);
        if (lacking != entries.begin() || entries.empty())
            return at_ + static_cast<std::size_t>(lacking - entries.begin());
        std::vector<std::int64_t> ids;
        for (auto change = lacking; change != entries.end(); ++change)
            ids.push_back(lacks_document(*change) ? change->live_record : 0);
        ISO_TRY(auto batch, documents_.read(ids));
        const std::size_t end = at_ + batch.ids;
        auto document = batch.documents.begin();
        // Those gone meanwhile are left out.
        for (std::size_t i = at_; i < end && document != batch.documents.end(); ++i) {
            if (lacks_document(changes_[i]) && changes_[i].key == document->key)
                changes_[i].document = std::move(*document++);
        }
        return end;
    }

    std::vector<index::Change> changes_;
    DocumentReader documents_;
    std::string head_;
    std::string tail_;
    std::size_t at_ = 0;
};

/// A read of the feed that may wait for its first entry.
class FeedExchange : public http::Exchange {
  public:
    FeedExchange(const Face& face, const http::Request& request, FeedRequest feed)
        : face_(face),
          request_(request),
          feed_(std::move(feed)),
          deadline_(std::chrono::steady_clock::now() + std::chrono::seconds(feed_.wait_seconds)),
          documents_(face) {}

    Status on_body(ByteView) override { return {}; }

    std::optional<http::WaitFor> wait_before_finish() override {
        if (feed_.wait_seconds == 0 || !face_.change_signal) return std::nullopt;
        if (!changes_ && !knows_cursor()) return std::nullopt;
        http::WaitFor wait{face_.change_signal, face_.change_signal->generation(), deadline_};
        read();
        const bool over =
            !changes_->ok() || !(*changes_)->empty() || std::chrono::steady_clock::now() >= deadline_;
        if (over) return std::nullopt;
        return wait;
    }

    http::Response finish() override {
        http::Response response = answer();
        for (const std::string& warning : feed_.warnings)
            response.headers.add("Warning", "299 " + face_.options.service_name + ": " + warning);
        return response;
    }

  private:
    /// Whether the feed has the entry that the cursor stands behind; entries stay what they are, so that once
    /// is enough. Tells it as an error of `changes_` otherwise.
    bool knows_cursor() {
        const std::int64_t sequence = feed_.query.after;
        if (!feed_.by_cursor || sequence == 0) return true;
        index::ChangeQuery query;
        query.after = sequence - 1;
        query.up_to = sequence;
        query.limit = 1;
        query.with_documents = false;
        auto entry = face_.archive.changes(query);
        if (entry.ok() && !entry->empty() && entry_mark(entry->front()) == feed_.entry_mark) return true;
        unknown_cursor_ = entry.ok();
        if (unknown_cursor_) {
            entry = fail(ErrorCode::out_of_range,
                         "The feed has no entry that the cursor stands behind: the archive was emptied or "
                         "restored. Begin anew with cursor=0.");
        }
        changes_ = std::move(entry);
        return false;
    }

    /// Entries and as many of their documents as may be held: these are of one moment.
    void read() {
        index::ChangeQuery query = feed_.query;
        query.document_bytes = query.with_documents ? documents_.grant() : 0;
        changes_ = face_.archive.changes(query);
        std::uint64_t held = 0;
        if (changes_->ok()) {
            for (const index::Change& change : **changes_)
                held += change.document ? change.document->json.size() : 0;
        }
        // Less than was granted.
        (void)documents_.hold(DocumentReader::kTimesTheDocument * held);
    }

    http::Response answer() {
        if (!changes_ && knows_cursor()) read();
        auto& changes = *changes_;
        if (unknown_cursor_) {
            ErrorDetails details;
            details.parameter = "cursor";
            return error_response(face_.profile, request_, changes.error(), 410, details);
        }
        if (!changes) return error_response(face_.profile, request_, changes.error());
        if (feed_.query.latest_only && changes->empty()) return http::empty_response(204);
        http::Response response;
        response.headers.set("Content-Type", std::string(kJson));
        auto text = std::make_unique<FeedText>(feed_, *std::move(changes), std::move(documents_));
        if (const Status made = send_in_batches(response, std::move(text)); !made)
            return error_response(face_.profile, request_, made.error());
        return response;
    }

    const Face& face_;
    const http::Request& request_;
    const FeedRequest feed_;
    const std::chrono::steady_clock::time_point deadline_;
    DocumentReader documents_;
    std::optional<Result<std::vector<index::Change>>> changes_;
    bool unknown_cursor_ = false;
};

/// Answers a request that was refused before it began.
class RefusedExchange : public http::Exchange {
  public:
    explicit RefusedExchange(http::Response response) : response_(std::move(response)) {}
    Status on_body(ByteView) override { return {}; }
    http::Response finish() override { return std::move(response_); }

  private:
    http::Response response_;
};

http::Route route(const Face& face, std::string pattern, Parse parse) {
    http::Route made;
    made.method = http::Method::get;
    made.pattern = std::move(pattern);
    made.lane = &face.lanes.query;
    made.access = http::Access::read;
    made.exchange = [&face,
                     parse](const http::RequestContext& context) -> Result<std::unique_ptr<http::Exchange>> {
        ErrorDetails details;
        auto feed = parse(face.profile, context.request.query, details.parameter);
        if (!feed) {
            return std::make_unique<RefusedExchange>(
                error_response(face.profile, context.request, feed.error(), details));
        }
        return std::make_unique<FeedExchange>(face, context.request, *std::move(feed));
    };
    return made;
}

}  // namespace

std::vector<http::Route> change_feed_routes(const Face& face) {
    return {route(face, "/changefeed", parse_feed), route(face, "/changefeed/latest", parse_latest)};
}

}  // namespace isocenter::api
